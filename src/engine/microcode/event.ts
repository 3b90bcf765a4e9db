/** What is being delivered through the IVT or the IDT: an interrupt, an exception, an INT n. */

export interface Event {
  readonly vector: number;
  /** Bit 0 of error codes that delivery itself causes: 0 for INT n, INT3 and INTO. SDM §6.13. */
  readonly ext: 0 | 1;
  /** The gate's DPL is checked: INT n, INT3 and INTO. */
  readonly software: boolean;
  readonly error: number | undefined;
  /** The return address and the flags image to push. */
  readonly rip: bigint;
  readonly flags: number;
}

/** Names a gate of the IDT in an error code. SDM Vol. 3A §6.13. */
export const idtError = ({ vector, ext }: Event): number => vector * 8 + 2 + ext;

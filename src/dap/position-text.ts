/** A position in time, and how it is said in words: every stop in the past says so. */

export interface Position {
  /** As it can be typed again. */
  readonly mark: string;
  readonly icount: number;
  /** 0 to 1 of what is recorded. */
  readonly share: number;
  readonly exits: number;
  readonly interrupts: number;
  /** Guest time in nanoseconds. */
  readonly ticks: number;
  /** Icount of the end of what is recorded. */
  readonly end: number;
  readonly where: 'start' | 'past' | 'end' | 'present' | 'diversion';
  /** Of a diversion: the mark where it left the recording. */
  readonly from?: string;
  readonly edits?: number;
  /** Is the guest alive, so that its present moves on? */
  readonly live: boolean;
}

/** 1234567 as "1,234,567". */
export const grouped = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');

export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;

/** "in the past, at 12.3 % (icount 1,234,567)" */
export function describePosition({ where, share, icount, from }: Position): string {
  const at = `icount ${grouped(icount)}`;
  switch (where) {
    case 'start':
      return 'at the start of the recording';
    case 'end':
      return `at the end of the recording (${at})`;
    case 'present':
      return `in the present (${at})`;
    case 'diversion':
      return `in a diversion that left the recording at ${from} (${at})`;
    case 'past':
      return `in the past, at ${percent(share)} (${at})`;
  }
}

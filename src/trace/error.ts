/**
 * What is wrong with a recording, in one line: what was expected, what came, at which byte. The
 * reader throws nothing else, whatever bytes it is given; neither does the writer when the disk is
 * full.
 */

export interface RecordingFault {
  readonly expected: string;
  readonly found: string;
  /** Byte offset in the file. */
  readonly offset: number;
}

export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly expected: string;
  readonly found: string;
  readonly offset: number;

  constructor({ expected, found, offset }: RecordingFault) {
    super(`recording: expected ${expected}, found ${found}, at byte ${offset}`);
    this.expected = expected;
    this.found = found;
    this.offset = offset;
  }
}

/** Why a request fails: one line for the person, a number for the client. */

export const ERROR = {
  unknownRequest: 1000,
  badArguments: 1001,
  /** There is no guest yet, or no longer. */
  noGuest: 1002,
  /** The guest moves; pause it first. */
  moving: 1003,
  /** A reference from before the last stop. */
  stale: 1004,
  cancelled: 1005,
  unsupported: 1006,
  /** A recording, a symbol file, a mark, an expression: what the request was about. */
  failed: 1007,
  notExpected: 1008,
  internal: 1099,
} as const;
export type ErrorId = (typeof ERROR)[keyof typeof ERROR];

export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly id: ErrorId;
  /** Shall the client show it, or is it enough where the request came from? */
  readonly show: boolean;

  constructor(id: ErrorId, message: string, show = false) {
    super(message);
    this.id = id;
    this.show = show;
  }
}

/** Messages of these classes are for people; any other error is a mistake of ours. */
const EXPECTED = new Set([
  ...[
    'MarkError',
    'RecordingError',
    'SymbolError',
    'ExpressionError',
    'UsageError',
    'FailureError',
  ],
]);

export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof Error && EXPECTED.has(error.name)) {
    return new RequestError(ERROR.failed, oneLine(error.message), true);
  }
  const text = error instanceof Error ? error.message : String(error);
  return new RequestError(ERROR.internal, `internal error: ${oneLine(text)}`, true);
}

export const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ').trim();

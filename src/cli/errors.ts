/**
 * How a command ends other than well. Every error a person can cause is one line that says what
 * was expected, what came and where; its class decides the exit status:
 *
 *     0  done
 *     1  the guest or the replay failed (a divergence, a triple fault, a full disk)
 *     2  wrong usage or unusable input
 *     130  interrupted
 */

export type ExitStatus = 0 | 1 | 2 | 130;

/** The command line or a file given on it cannot be used. */
export class UsageError extends Error {
  readonly status = 2;
}

/** The guest, the replay or the host failed while the command was at work. */
export class FailureError extends Error {
  readonly status = 1;
}

/** A feature that this version does not have. Said before anything is done. */
export function notInThisVersion(what: string, instead: string): UsageError {
  return new UsageError(`${what} is not in this version; ${instead}`);
}

/** Node's system errors, in words. Others keep their own message. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than the system allows',
  EROFS: 'the file system is read-only',
  EIO: 'the device reported an input/output error',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
};

export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** "no such file" for ENOENT and so on; the error's own text on one line if it is not a system error. */
export function reasonOf(error: unknown): string {
  const code = errorCode(error);
  const known = code === undefined ? undefined : SYSTEM_ERRORS[code];
  return known ?? oneLine(error instanceof Error ? error.message : String(error));
}

/** Errors are one line whatever a file name or a library put into them. */
export function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The status for any thrown value: ours say, host faults are failures, and so is a bug of ours. */
export function statusOf(error: unknown): ExitStatus {
  if (error instanceof UsageError || error instanceof FailureError) return error.status;
  return 1;
}

/** Opening the recording that a command was given, with the errors a person can act on. */

import type { Recording } from '../trace/recording.ts';
import { FailureError, UsageError } from './errors.ts';
import { checkInputFile } from './input-file.ts';

/** `command` is the subcommand's name. The caller closes the recording. */
export async function openRecording(command: string, path: string): Promise<Recording> {
  checkInputFile(command, path);
  const { Recording } = await import('../trace/recording.ts');
  return readingFrom(path, () => Recording.open(path));
}

/** Runs what reads a recording: what is wrong with the file is said with the file's name. */
export function readingFrom<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isRecordingError(error)) throw new UsageError(`'${path}': ${error.message}`);
    throw error;
  }
}

/** The same for what takes its time; a mark that does not exist is the user's mistake as well. */
export async function readingFromAsync<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isRecordingError(error)) throw new UsageError(`'${path}': ${error.message}`);
    if (error instanceof Error && error.name === 'MarkError') throw new UsageError(error.message);
    throw error;
  }
}

/** The same for what writes one: a full disk is no mistake of the user's. */
export function writingTo<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (isRecordingError(error)) throw new FailureError(`'${path}': ${error.message}`);
    throw error;
  }
}

// By name, not by class: the module of the class is loaded when a recording is, not for --help.
function isRecordingError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'RecordingError';
}

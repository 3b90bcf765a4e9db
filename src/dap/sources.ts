/**
 * Source files as the client is told of them: by path where the file is here, else by a number, under
 * which the adapter gives a listing of what is known of it.
 */

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { SourcePlace } from '../symbols/program.ts';

export class Sources {
  readonly #here = new Map<string, boolean>();
  readonly #numbers = new Map<string, number>();
  readonly #missing: string[] = [];

  describe(file: string): DebugProtocol.Source {
    const name = basename(file);
    if (this.#isHere(file)) return { name, path: file };
    let number = this.#numbers.get(file);
    if (number === undefined) {
      this.#missing.push(file);
      number = this.#missing.length;
      this.#numbers.set(file, number);
    }
    return { name, path: file, sourceReference: number, origin: 'not on this machine' };
  }

  /** The file that a number stands for. */
  missing(reference: number): string | undefined {
    return this.#missing[reference - 1];
  }

  /** The file that a client means. */
  fileOf({ path, sourceReference, name }: DebugProtocol.Source): string | undefined {
    if (sourceReference) return this.missing(sourceReference) ?? path ?? name;
    return path ?? name;
  }

  #isHere(file: string): boolean {
    const known = this.#here.get(file);
    if (known !== undefined) return known;
    const found = existsSync(file);
    this.#here.set(file, found);
    return found;
  }
}

/** "log.c:47" */
export const placeName = ({ file, line }: SourcePlace): string => `${basename(file)}:${line}`;

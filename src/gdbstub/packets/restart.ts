/**
 * `R` and `vRun`: what `run` does after `target extended-remote`. The guest starts again: at the
 * start of the recording, or, as rr's users do it, at the MARK given as the program's argument.
 */

import { MarkError } from '../../target/index.ts';
import { bytesOf } from '../hex.ts';
import { E_MALFORMED, errorText, moving, type Packet } from '../packet.ts';
import type { Stub } from '../stub.ts';

function seek(stub: Stub, text: string) {
  try {
    const mark = text === '' ? stub.target.start : stub.target.resolve(text);
    return moving((control) => stub.target.seekTo(mark, control));
  } catch (error) {
    if (error instanceof MarkError) return errorText(error.message);
    throw error;
  }
}

export const restartPackets: readonly Packet[] = [
  {
    name: 'vRun',
    handle: (stub, args) => {
      // ";FILE;ARG…", in hex: what file it is, only gdb wants to know.
      const words = args.split(';').slice(2).map(bytesOf);
      if (!words.every((word) => word !== undefined)) return E_MALFORMED;
      return seek(stub, words.map((word) => Buffer.from(word).toString('utf8')).join(' '));
    },
  },
];

/**
 * `--until` for a run that is still live: of the marks only an icount and a console text can be
 * told before there is a recording.
 */

import { type Icount, icount } from '../engine/units.ts';
import { UsageError } from './errors.ts';

export interface Until {
  readonly limit: Icount;
  /** Told of every byte on the console. */
  readonly onByte: (byte: number) => void;
  /** Has the text been printed? */
  readonly reached: () => boolean;
}

const SUFFIX: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9 };

export function parseUntil(text: string | undefined): Until {
  if (text === undefined) return byIcount(Number.MAX_SAFE_INTEGER);
  const number = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text.replace(/_/g, ''));
  if (number) {
    const at = Math.round(Number(number[1]) * (SUFFIX[(number[2] ?? '').toLowerCase()] ?? 1));
    if (Number.isSafeInteger(at)) return byIcount(at);
  }
  const printed = /^console:"?(.+?)"?$/s.exec(text)?.[1];
  if (printed !== undefined) return byText(printed);
  throw new UsageError(
    `--until expects an icount (1234567, 1.5G) or console:"TEXT" while the guest is live; got '${text}'`,
  );
}

function byIcount(at: number): Until {
  return { limit: icount(at), onByte: () => {}, reached: () => false };
}

/** Keeps as much of the console as the text is long. */
function byText(text: string): Until {
  const wanted = Buffer.from(text, 'utf8').toString('latin1');
  let tail = '';
  let found = false;
  return {
    limit: icount(Number.MAX_SAFE_INTEGER),
    onByte: (byte) => {
      if (found) return;
      tail = (tail + String.fromCharCode(byte)).slice(-wanted.length);
      found = tail === wanted;
    },
    reached: () => found,
  };
}

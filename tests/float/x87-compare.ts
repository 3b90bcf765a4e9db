/** Runs x87 cases here and on the host and reports where they differ. */

import type { Harness } from './host/build.ts';
import { describeRecord, FSW_AT, RECORD, runOurs } from './x87-cases.ts';

/** Changes records, before they are compared, where a difference has a known reason. */
export type Forgive = (ours: DataView, host: DataView, at: number) => void;

/** Takes bits of the status word out of a comparison. */
export function ignoreStatus(mask: number): Forgive {
  return (ours, host, at) => {
    for (const record of [ours, host]) {
      record.setUint16(at + FSW_AT, record.getUint16(at + FSW_AT, true) & ~mask, true);
    }
  };
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Offsets of the cases for which the host and we disagree, with the explanation of each. */
function compareOnce(run: Harness, cases: Uint8Array, forgive?: Forgive): Map<number, string> {
  const hostBytes = run([], cases);
  if (hostBytes.length !== cases.length) {
    throw new Error(`x87 harness: expected ${cases.length} bytes, got ${hostBytes.length}`);
  }
  const input = viewOf(cases);
  const host = viewOf(hostBytes);
  const ours = viewOf(cases.slice());
  const found = new Map<number, string>();
  for (let at = 0; at < cases.length; at += RECORD) {
    runOurs(ours, at);
    forgive?.(ours, host, at);
    const mine = describeRecord(ours, at, false);
    const theirs = describeRecord(host, at, false);
    if (mine === theirs) continue;
    const name = `${input.getUint8(at).toString(16)} ${input.getUint8(at + 1).toString(16)}`;
    const before = describeRecord(input, at, true);
    found.set(at, `${name}\n  case ${before}\n  ours ${mine}\n  host ${theirs}`);
  }
  return found;
}

/**
 * Differences that show twice. Some processors' FXSAVE forgets FOP, FIP and FDP, so a task switch
 * in the middle of a case makes one that is none.
 */
export function compareWithHost(run: Harness, cases: Uint8Array, forgive?: Forgive): string[] {
  const first = compareOnce(run, cases, forgive);
  if (first.size === 0) return [];
  const again = new Uint8Array(first.size * RECORD);
  [...first.keys()].forEach((at, i) => {
    again.set(cases.subarray(at, at + RECORD), i * RECORD);
  });
  return [...compareOnce(run, again, forgive).values()];
}

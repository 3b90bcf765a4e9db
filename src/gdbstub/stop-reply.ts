/** Where and why the guest stands, as `T` packets say it (gdb manual E.3 "Stop Reply Packets"). */

import type { DebugTarget, TargetStop } from '../target/index.ts';
import type { Break } from './breakpoints.ts';
import { littleEndian } from './hex.ts';
import type { Architecture } from './registers.ts';

export const SIGINT = 2;
export const SIGTRAP = 5;
/** A divergence: the replay is broken, not the guest. */
export const SIGABRT = 6;

/** `features` are those of gdb's qSupported: a reason it has not announced would confuse it. */
export function stopReply(
  { target, architecture }: { readonly target: DebugTarget; readonly architecture: Architecture },
  stop: TargetStop | undefined,
  points: readonly Break[],
  features: ReadonlySet<string>,
): string {
  const registers = target.registers();
  const values = architecture.expedited.map((n) => {
    const { read, bytes } = architecture.registers[n]!;
    return `${n.toString(16).padStart(2, '0')}:${littleEndian(read(registers, target), bytes)};`;
  });
  const signal = signalOf(stop).toString(16).padStart(2, '0');
  return `T${signal}${reasonOf(stop, points, features)}${values.join('')}thread:1;core:0;`;
}

function signalOf(stop: TargetStop | undefined): number {
  if (stop?.reason === 'cancelled') return SIGINT;
  return stop?.reason === 'divergence' ? SIGABRT : SIGTRAP;
}

function reasonOf(
  stop: TargetStop | undefined,
  points: readonly Break[],
  features: ReadonlySet<string>,
): string {
  if (stop?.reason === 'start') return 'replaylog:begin;';
  if (stop?.reason === 'end') return 'replaylog:end;';
  if (stop?.reason !== 'hit') return '';
  const hit = stop.conditions.flatMap((i) => points[i] ?? []);
  const watch = hit.find(({ kind }) => kind === 'watch' || kind === 'rwatch' || kind === 'awatch');
  if (watch) return `${watch.kind}:${watch.at.toString(16)};`;
  const kind = hit[0]?.kind;
  return kind && features.has(kind) ? `${kind}:;` : '';
}

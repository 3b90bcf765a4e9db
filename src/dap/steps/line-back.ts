/**
 * Steps by the line, backwards: the mirror image of stepping forwards. Back over a line is to the
 * start of the line that was executed before in this activation; from the first line of a function,
 * to the line of the caller that called it. Where to go is searched first; then the guest goes there
 * from where it was, heeding what the client has set on the way.
 */

import { compareMarks, gva, linearRip, type Mark, type StopCondition } from '../../target/index.ts';
import { ARRIVED, type Arrival, type Plan, type Travel } from '../moves.ts';
import { Standing, VCPU_THREAD } from '../standing.ts';
import { instructionBackInto, instructionBackOver } from './instruction-step.ts';
import { callsOf } from './line-step.ts';
import { type Activation, activationOf, entryOf, otherLines, returnOf, within } from './lines.ts';

export function lineBackOver(standing: Standing): Plan {
  const activation = activationOf(standing);
  if (!activation) return instructionBackOver;
  return async (travel) => {
    const origin = travel.target.mark;
    const found = await searchLineBefore(travel, activation);
    if (found.kind !== 'arrived') return await fallBack(travel, origin, found, instructionBackOver);
    return await goBackTo(travel, origin, travel.target.mark);
  };
}

/** Back into the function that was called last before here, at its end; else over. */
export function lineBackInto(standing: Standing): Plan {
  const activation = activationOf(standing);
  if (!activation) return instructionBackInto;
  return async (travel) => {
    const { target } = travel;
    const origin = target.mark;
    const found = await searchLineBefore(travel, activation);
    if (found.kind !== 'arrived') return await fallBack(travel, origin, found, instructionBackInto);
    const over = target.mark;
    const inside = await searchCalled(travel, activation, over, origin);
    if (inside && inside.kind !== 'arrived') return inside;
    return await goBackTo(travel, origin, inside ? target.mark : over);
  };
}

/** Back to the call of the function that a frame is in. */
export function lineBackOut(standing: Standing, thread = VCPU_THREAD, index = 0): Plan | undefined {
  const activation = activationOf(standing, thread, index);
  if (!activation) return undefined;
  const interrupted = activation.caller?.interrupted ? returnOf(activation) : undefined;
  // No call led here but an interrupt: to the instruction in front of which it came, or that faulted.
  if (interrupted) return (travel) => travel.run('back', [interrupted]);
  return async (travel) => {
    const arrival = await travel.run('back', [entryOf(activation)]);
    if (arrival.kind !== 'arrived') return arrival;
    return await travel.step('back');
  };
}

/** To where the function that a frame is in began, behind its prologue. */
export function frameStart(standing: Standing, thread: number, index: number): Plan | undefined {
  const activation = activationOf(standing, thread, index);
  if (!activation) return undefined;
  const { body } = activation.function;
  return async (travel) => {
    const arrival = await travel.run('back', [entryOf(activation)]);
    if (arrival.kind !== 'arrived' || body === activation.function.entry) return arrival;
    return await travel.search('forward', [within(activation, body)]);
  };
}

/** Leaves the guest at the start of the line that came before; no further than the recording goes. */
async function searchLineBefore(travel: Travel, activation: Activation): Promise<Arrival> {
  const { target } = travel;
  const origin = target.mark;
  const first = await searchLineStart(travel, activation, activation.line);
  if (first.kind !== 'arrived') return first;
  if (first.at !== 'call' && compareMarks(target.mark, origin) < 0) return ARRIVED;
  if (first.at === 'call') return await callersLine(travel, activation);
  // It stood at the start of its line already: the one before, from where that was left.
  const seek = await travel.seek(first.before);
  if (seek.kind !== 'arrived') return seek;
  const line = activation.program.lineAt(linearRip(target.registers()));
  if (!line) return ARRIVED;
  const second = await searchLineStart(travel, activation, line);
  if (second.kind !== 'arrived') return second;
  return second.at === 'call' ? await callersLine(travel, activation) : ARRIVED;
}

type LineStart =
  | Exclude<Arrival, { kind: 'arrived' | 'points' }>
  /** At the line's start; `before` is the last statement of another line before it. */
  | { readonly kind: 'arrived'; readonly at: 'line'; readonly before: Mark }
  /** At the call of the function: the line is its first, and there is nothing of it before. */
  | { readonly kind: 'arrived'; readonly at: 'call' };

/** Back to the start of a line that an activation is in. */
async function searchLineStart(
  travel: Travel,
  activation: Activation,
  line: { readonly file: string; readonly line: number },
): Promise<LineStart> {
  const { target, program } = activation;
  const origin = target.mark;
  const originRip = linearRip(target.registers());
  const others = otherLines(activation, line, false);
  const stops: StopCondition[] = others.map(({ start }) => within(activation, start));
  const back = await travel.search('back', [...stops, entryOf(activation)]);
  if (back.kind === 'points') throw new Error('a search that heeds points');
  if (back.kind !== 'arrived') return back;
  const before = target.mark;
  // A function without a prologue begins with a line like any other.
  const atEntry = back.at.every((i) => i === stops.length);
  const left = program.lineAt(linearRip(target.registers()));
  const { entry, body } = activation.function;
  const ahead = atEntry
    ? [within(activation, body)]
    : otherLines(activation, left ?? line, false).map(({ start }) => within(activation, start));
  // Without a prologue it stands at the body already. No further than where it came from, in any case.
  const forward =
    atEntry && body === entry
      ? ARRIVED
      : await travel.search('forward', [...ahead, fromMark(travel, originRip, origin)]);
  if (forward.kind === 'points') throw new Error('a search that heeds points');
  if (forward.kind !== 'arrived' && forward.kind !== 'end') return forward;
  const late = forward.kind === 'end' || compareMarks(target.mark, origin) >= 0;
  if (atEntry && late) {
    const entry = await travel.seek(before);
    if (entry.kind === 'points') throw new Error('a search that heeds points');
    if (entry.kind !== 'arrived') return entry;
    const call = await travel.step('back');
    if (call.kind === 'points' || call.kind === 'arrived') return { kind: 'arrived', at: 'call' };
    return call;
  }
  if (forward.kind === 'end') return forward;
  return { kind: 'arrived', at: 'line', before };
}

/** From a call instruction to the start of its line. */
async function callersLine(travel: Travel, called: Activation): Promise<Arrival> {
  const activation = activationOf(new Standing(called.target, called.program));
  if (!activation) return ARRIVED;
  const { target, program } = activation;
  const call = target.mark;
  const row = program.lineAt(linearRip(target.registers()));
  if (row?.isStatement && row.start === linearRip(target.registers())) return ARRIVED;
  const start = await searchLineStart(travel, activation, activation.line);
  if (start.kind === 'arrived' && start.at === 'line' && compareMarks(target.mark, call) <= 0) {
    return ARRIVED;
  }
  // The line's start is not to be found: the call itself will do.
  return await travel.seek(call);
}

/** The last return from a function with lines between two marks; the guest is left in its last line. */
async function searchCalled(
  travel: Travel,
  activation: Activation,
  after: Mark,
  origin: Mark,
): Promise<Arrival | undefined> {
  const { target, program } = activation;
  let seek = await travel.seek(after);
  if (seek.kind !== 'arrived') return seek;
  const standing = new Standing(target, program);
  const there = activationOf(standing);
  const calls = [...(there ? await callsOf(there) : []), ...(await callsOf(activation))];
  if (there?.cfa !== activation.cfa || calls.length === 0) return undefined;
  seek = await travel.seek(origin);
  const returns = calls.map(({ next }) => within(activation, next));
  // It may have returned just now.
  let atReturn = calls.some(({ next }) => next === linearRip(target.registers()));
  while (seek.kind === 'arrived') {
    if (!atReturn) {
      const back = await travel.search('back', returns);
      if (back.kind !== 'arrived' || compareMarks(target.mark, after) <= 0) return undefined;
    }
    atReturn = false;
    const behind = target.mark;
    const step = await travel.step('back');
    if (step.kind !== 'arrived') return step.kind === 'points' ? ARRIVED : step;
    const called = activationOf(new Standing(target, program));
    if (called && called.cfa !== activation.cfa) {
      const end = target.mark;
      const start = await searchLineStart(travel, called, called.line);
      if (start.kind === 'arrived' && start.at === 'line') return ARRIVED;
      return await travel.seek(end);
    }
    seek = await travel.seek(behind);
  }
  return seek;
}

/** From the origin to where the search has led, stopping at what the client has set. */
async function goBackTo(travel: Travel, origin: Mark, destination: Mark): Promise<Arrival> {
  const { target } = travel;
  if (compareMarks(destination, origin) >= 0) return ARRIVED;
  if (!travel.heeds) return await travel.seek(destination);
  const there = await travel.seek(destination);
  if (there.kind !== 'arrived') return there;
  const rip = linearRip(target.registers());
  const back = await travel.seek(origin);
  if (back.kind !== 'arrived') return back;
  return await travel.run('back', [atMark(travel, rip, destination)]);
}

function atMark({ target }: Travel, rip: bigint, mark: Mark): StopCondition {
  const when = (): boolean => compareMarks(target.mark, mark) === 0;
  return { kind: 'address', gva: gva(rip), when };
}

function fromMark({ target }: Travel, rip: bigint, mark: Mark): StopCondition {
  const when = (): boolean => compareMarks(target.mark, mark) >= 0;
  return { kind: 'address', gva: gva(rip), when };
}

/** The line's start is not to be found: a function that was not entered by a call. */
async function fallBack(
  travel: Travel,
  origin: Mark,
  failed: Arrival,
  otherwise: Plan,
): Promise<Arrival> {
  if (failed.kind === 'divergence') return failed;
  const back = await travel.seek(origin);
  if (failed.kind === 'cancelled' || back.kind !== 'arrived') return { kind: 'cancelled' };
  return await otherwise(travel);
}

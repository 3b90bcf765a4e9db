/**
 * Steps by the line, forwards: each is one run to wherever the next statement may begin, in this
 * activation of the function, or to where the function returns to. So loops on one line, interrupts,
 * other tasks and recursion are passed at full speed.
 */

import { linearRip } from '../../target/index.ts';
import { ARRIVED, type Arrival, type Plan, type Travel } from '../moves.ts';
import { Standing, VCPU_THREAD } from '../standing.ts';
import { instructionInto, instructionOver, returning } from './instruction-step.ts';
import { flowOf, instructionsOf, stackPointer } from './instructions.ts';
import { type Activation, activationOf, otherLines, returnOf, sameLine, within } from './lines.ts';

/** Steps through trampolines that lead from a call to a function with lines. */
const TRAMPOLINE_MAX = 12;

export function lineOver(standing: Standing, thread = VCPU_THREAD): Plan {
  const activation = activationOf(standing, thread);
  if (!activation) return instructionOver;
  return (travel) => travel.run('forward', forwardStops(activation, false));
}

function forwardStops(activation: Activation, into: boolean) {
  const leaving = returnOf(activation);
  const rows = otherLines(activation, activation.line, into);
  return [...rows.map(({ start }) => within(activation, start)), ...(leaving ? [leaving] : [])];
}

export function lineOut(standing: Standing, thread = VCPU_THREAD, index = 0): Plan | undefined {
  const frames = standing.frames(thread, index + 32);
  const frame = frames[index];
  if (frame?.inlined) {
    const activation = activationOf(standing, thread, index);
    if (activation) return (travel) => travel.run('forward', outOfInlined(activation));
  }
  const caller = frames.slice(index + 1).find((_, i) => !frames[index + i]!.inlined);
  const rsp = caller?.register('rsp');
  if (!caller || rsp === undefined) return undefined;
  return (travel) => travel.run('forward', [returning(travel, caller.pc, rsp)]);
}

/** Rows of the function around the inlined copy, and where that one returns to. */
function outOfInlined(activation: Activation) {
  const { program, rows, frame } = activation;
  const own = program.functionsAt(frame.lookup)[0];
  const leaving = returnOf(activation);
  const outside = rows.filter(
    ({ start }) => !own?.ranges.some((range) => start >= range.start && start < range.end),
  );
  return [...outside.map(({ start }) => within(activation, start)), ...(leaving ? [leaving] : [])];
}

/** Into the next function with lines that this line calls; `only` is the call to go into. */
export function lineInto(standing: Standing, only?: bigint): Plan {
  const activation = activationOf(standing);
  if (!activation) return instructionInto;
  return async (travel) => {
    const calls = await callsOf(activation);
    const wanted = only === undefined ? calls : calls.filter(({ at }) => at === only);
    const ends = forwardStops(activation, only === undefined);
    const stops = [...ends, ...wanted.map(({ at }) => within(activation, at))];
    for (;;) {
      const here = linearRip(travel.target.registers());
      const atCall = wanted.find(({ at }) => at === here);
      if (!atCall) {
        const arrival = await travel.run('forward', stops);
        if (arrival.kind !== 'arrived' || arrival.at.some((i) => i < ends.length)) return arrival;
        continue;
      }
      const rsp = stackPointer(travel.target);
      const entered = await enter(travel, activation.program, atCall.next, rsp);
      if (entered !== 'no lines') return entered;
      const back = await travel.run('forward', [returning(travel, atCall.next, rsp)]);
      if (back.kind !== 'arrived') return back;
      // The line may end with the call.
      const line = activation.program.lineAt(atCall.next);
      if (line && line.start === atCall.next && !sameLine(line, activation.line)) return back;
    }
  };
}

export interface Call {
  readonly at: bigint;
  /** Where it returns to. */
  readonly next: bigint;
  readonly text: string;
}

/** The calls of the line that an activation is at. */
export async function callsOf({ rows, line, program, target, frame }: Activation): Promise<Call[]> {
  const here = program.lineAt(frame.lookup);
  const own = rows.filter((row) => sameLine(row, line));
  if (here && !own.some(({ start }) => start === here.start)) own.push(here);
  const found: Call[] = [];
  for (const { start, end } of own) {
    for (const { rip, bytes, text } of await instructionsOf(target, start, end)) {
      if (flowOf(text) === 'call') found.push({ at: rip, next: rip + BigInt(bytes.length), text });
    }
  }
  return found;
}

/** From a call to behind the prologue of what is called, if that has lines. */
async function enter(
  travel: Travel,
  program: Activation['program'],
  next: bigint,
  rsp: bigint,
): Promise<Arrival | 'no lines'> {
  const { target } = travel;
  const call = linearRip(target.registers());
  const step = await travel.step('forward');
  if (step.kind !== 'arrived') return step;
  if (stackPointer(target) !== rsp - 8n || returnAddress(travel) !== next) {
    // An interrupt came first: the call is still to be made.
    const back = await travel.run('forward', [returning(travel, call, rsp)]);
    return back.kind === 'arrived' ? await enter(travel, program, next, rsp) : back;
  }
  for (let steps = 0; steps < TRAMPOLINE_MAX; steps++) {
    const rip = linearRip(target.registers());
    const entered = program.functionsAt(rip).at(-1);
    if (entered && program.lineAt(rip)) {
      if (entered.body === rip) return ARRIVED;
      const activation = activationOf(new Standing(target, program));
      if (!activation) return ARRIVED;
      const leaving = returnOf(activation);
      const stops = [within(activation, entered.body), ...(leaving ? [leaving] : [])];
      return await travel.run('forward', stops);
    }
    if (stackPointer(target) > rsp) break;
    const again = await travel.step('forward');
    if (again.kind !== 'arrived') return again;
  }
  return 'no lines';
}

function returnAddress({ target }: Travel): bigint | undefined {
  const bytes = target.readMemory({ space: 'gva', at: stackPointer(target), length: 8 });
  return bytes.length < 8 ? undefined : Buffer.from(bytes).readBigUInt64LE();
}

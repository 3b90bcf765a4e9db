/** Steps by the instruction: into, and over calls, repetitions and interrupts, both ways. */

import { gva, linearRip, type StopCondition } from '../../target/index.ts';
import type { Arrival, Plan, Travel } from '../moves.ts';
import { flowOf, interruptComesNow, nextInstruction, stackPointer } from './instructions.ts';

const WORD = 8;

export const instructionInto: Plan = (travel) => travel.step('forward');
export const instructionBackInto: Plan = (travel) => travel.step('back');

export const instructionOver: Plan = async (travel) => {
  const { target } = travel;
  const rip = linearRip(target.registers());
  const rsp = stackPointer(target);
  const interrupted = interruptComesNow(target);
  const instruction = await nextInstruction(target);
  const flow = instruction ? flowOf(instruction.text) : 'plain';
  const comesBack = flow === 'call' || flow === 'repeat';
  const back =
    interrupted || !comesBack || !instruction ? rip : rip + BigInt(instruction.bytes.length);
  const step = await travel.step('forward');
  if (step.kind !== 'arrived' || !(interrupted || comesBack)) return step;
  if (linearRip(target.registers()) === back) return step;
  return await travel.run('forward', [returning(travel, back, rsp)]);
};

/** Back over the call or interrupt that the guest has just come out of; else one step back. */
export const instructionBackOver: Plan = async (travel) => {
  const { target } = travel;
  const from = linearRip(target.registers());
  const step = await travel.step('back');
  if (step.kind !== 'arrived') return step;
  const instruction = await nextInstruction(target);
  const flow = instruction ? flowOf(instruction.text) : 'plain';
  if (flow === 'return' || flow === 'interrupt return') return await toMaker(travel);
  if (flow !== 'repeat' || linearRip(target.registers()) !== from) return step;
  // In the middle of a repetition: to its first iteration.
  const rcx = target.registers().gpr[1]!;
  const first = (): boolean => target.registers().gpr[1]! >= rcx;
  return await travel.run('back', [{ kind: 'address', gva: gva(from), when: first }]);
};

/** Back to in front of what put the return address at the top of the stack there. */
export async function toMaker(travel: Travel): Promise<Arrival> {
  const at = stackPointer(travel.target);
  const made: StopCondition = { kind: 'memory', space: 'gva', at, length: WORD, on: 'write' };
  return await travel.run('back', [made]);
}

/** At an address, with the stack exactly where it is to be: not in a deeper call, not another task. */
export function returning(travel: Travel, rip: bigint, rsp: bigint): StopCondition {
  return { kind: 'address', gva: gva(rip), when: () => stackPointer(travel.target) === rsp };
}

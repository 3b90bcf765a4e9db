/**
 * `?`, `c` `s` `C` `S`, `vCont`, `bc` `bs`: how the guest moves, forwards and backwards. Signals that
 * gdb passes along mean nothing to a machine.
 */

import type { Mark, TargetStop, WorkControl } from '../../target/index.ts';
import { compareMarks } from '../../target/index.ts';
import { parseHex } from '../hex.ts';
import { type Answer, E_MALFORMED, errorText, moving, type Packet } from '../packet.ts';
import type { Stub } from '../stub.ts';
import { mayBeOurs } from '../thread-id.ts';

const forward = (stub: Stub): Answer =>
  moving((control) => stub.target.run(stub.conditions(), control));

const step = (stub: Stub): Answer =>
  moving((control) => stub.target.step(1, control, stub.conditions()));

/** `c ADDR` and `s ADDR` go on elsewhere: a jump is a write. */
function resumeAt(stub: Stub, args: string, resume: (stub: Stub) => Answer): Answer {
  if (args === '') return resume(stub);
  const rip = parseHex(args);
  if (rip === undefined) return E_MALFORMED;
  stub.target.writeRegisters({ rip });
  return resume(stub);
}

/** `vCont;r START,END`: single steps for as long as RIP stays in the range. */
async function stepRange(
  stub: Stub,
  start: bigint,
  end: bigint,
  control: WorkControl,
): Promise<TargetStop> {
  const { target } = stub;
  const conditions = stub.conditions();
  const places = new Set(
    conditions.flatMap((condition) => (condition.kind === 'address' ? [condition.gva] : [])),
  );
  let before: Mark;
  for (;;) {
    before = target.mark;
    const stop = await target.step(1, control, conditions);
    if (stop.reason !== 'reached') return stop;
    const { rip } = target.registers();
    if (rip < start || rip >= end) return stop;
    // A breakpoint inside the range is one all the same.
    if (places.has(rip as never)) return await hereOrOn(stub, stop);
    if (control.cancelled?.()) return { reason: 'cancelled', mark: stop.mark };
    if (compareMarks(before, stop.mark) === 0) return stop;
  }
}

async function hereOrOn(stub: Stub, stop: TargetStop): Promise<TargetStop> {
  const { rip } = stub.target.registers();
  const conditions = stub.conditions().flatMap((condition, i) => {
    if (condition.kind !== 'address' || condition.gva !== rip) return [];
    return (condition.when?.() ?? true) ? [i] : [];
  });
  return conditions.length > 0 ? { reason: 'hit', mark: stop.mark, conditions } : stop;
}

/** The first action that speaks of our thread; there is but one. */
function vCont(stub: Stub, args: string): Answer {
  const actions = args.split(';').slice(1);
  for (const action of actions) {
    const [what = '', thread] = action.split(':');
    if (thread !== undefined && !mayBeOurs(thread)) continue;
    if (/^(c|C[0-9a-f]{2})$/i.test(what)) return forward(stub);
    if (/^(s|S[0-9a-f]{2})$/i.test(what)) return step(stub);
    if (what.startsWith('r')) {
      const [start, end] = what.slice(1).split(',').map(parseHex);
      if (start === undefined || end === undefined) return E_MALFORMED;
      return moving((control) => stepRange(stub, start, end, control));
    }
    return E_MALFORMED;
  }
  return E_MALFORMED;
}

const irreversible = errorText('this guest cannot go backwards');

export const executionPackets: readonly Packet[] = [
  { name: '?', handle: (stub, args) => (args === '' ? stub.stopReply() : E_MALFORMED) },
  { name: 'c', handle: (stub, args) => resumeAt(stub, args, forward) },
  { name: 's', handle: (stub, args) => resumeAt(stub, args, step) },
  { name: 'C', handle: (stub, args) => resumeAt(stub, args.split(';')[1] ?? '', forward) },
  { name: 'S', handle: (stub, args) => resumeAt(stub, args.split(';')[1] ?? '', step) },
  { name: 'vCont?', handle: () => 'vCont;c;C;s;S;r' },
  { name: 'vCont', supported: ['vContSupported+'], handle: vCont },
  {
    name: 'bc',
    supported: ['ReverseContinue+'],
    handle: (stub, args) => {
      if (args !== '') return E_MALFORMED;
      if (!stub.target.capabilities.reverse) return irreversible;
      return moving((control) =>
        stub.target.reverseContinue(stub.conditions(), control, 'in-front'),
      );
    },
  },
  {
    name: 'bs',
    supported: ['ReverseStep+'],
    handle: (stub, args) => {
      if (args !== '') return E_MALFORMED;
      if (!stub.target.capabilities.reverse) return irreversible;
      return moving((control) => stub.target.reverseStep(1, control, stub.conditions()));
    },
  },
];

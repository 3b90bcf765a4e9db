/** Moving, in all directions that the protocol has; reverse steps in and out are in time.ts. */

import { ERROR, RequestError } from '../errors.ts';
import type { Call, Family } from '../handler.ts';
import type { Plan } from '../moves.ts';
import type { Session } from '../session.ts';
import { VCPU_THREAD } from '../standing.ts';
import {
  instructionBackOver,
  instructionInto,
  instructionOver,
} from '../steps/instruction-step.ts';
import { lineBackOver } from '../steps/line-back.ts';
import { callsOf, lineInto, lineOut, lineOver } from '../steps/line-step.ts';
import { activationOf } from '../steps/lines.ts';

const byInstruction = (granularity: string | undefined): boolean => granularity === 'instruction';

export const executionRequests = {
  continue: (session, { threadId }, call) => {
    start(session, call, threadId, 'Running', 'pause', (travel) => travel.run('forward'));
    return { allThreadsContinued: true };
  },

  reverseContinue: (session, { threadId }, call) => {
    start(session, call, threadId, 'Running back', 'pause', (travel) => travel.run('back'));
    return undefined;
  },

  next: (session, { threadId, granularity }, call) => {
    const plan = byInstruction(granularity)
      ? instructionOver
      : lineOver(session.standing, threadId);
    start(session, call, threadId, 'Stepping over', 'step', plan);
    return undefined;
  },

  stepIn: (session, { threadId, granularity, targetId }, call) => {
    const plan = byInstruction(granularity)
      ? instructionInto
      : lineInto(session.standing, chosen(session, targetId));
    start(session, call, threadId, 'Stepping in', 'step', plan);
    return undefined;
  },

  stepOut: (session, { threadId }, call) => {
    const plan = lineOut(session.standing, threadId);
    if (!plan) throw new RequestError(ERROR.failed, 'there is no caller to be found', true);
    start(session, call, threadId, 'Stepping out', 'step', plan);
    return undefined;
  },

  stepBack: (session, { threadId, granularity }, call) => {
    const plan = byInstruction(granularity) ? instructionBackOver : lineBackOver(session.standing);
    start(session, call, threadId, 'Stepping back', 'step', plan);
    return undefined;
  },

  stepInTargets: async (session, { frameId }) => {
    const { thread, frame } = session.references.frame(frameId);
    const { standing } = session;
    const activation =
      thread === VCPU_THREAD ? activationOf(standing, thread, frame.index) : undefined;
    if (!activation || frame.index > 0) return { targets: [] };
    const calls = (await callsOf(activation)).filter(({ at }) => at >= frame.pc);
    return {
      targets: calls.map(({ at, text }) => ({
        id: session.references.targetId({ addresses: [at], way: 'forward' }),
        label: calleeOf(session, text),
      })),
    };
  },

  pause: (session) => {
    if (!session.moving) {
      session.opened;
      throw new RequestError(ERROR.failed, 'the guest stands still');
    }
    session.mover.interrupt();
    return undefined;
  },
} satisfies Family<
  | 'continue'
  | 'reverseContinue'
  | 'next'
  | 'stepIn'
  | 'stepOut'
  | 'stepBack'
  | 'stepInTargets'
  | 'pause'
>;

/** The response goes first; what happens then is an event. */
export function start(
  session: Session,
  call: Call,
  thread: number | undefined,
  title: string,
  reason: string,
  plan: Plan,
): void {
  session.opened;
  if (session.moving) throw new RequestError(ERROR.moving, 'the guest is moving: pause it first');
  if (!session.configured)
    throw new RequestError(ERROR.notExpected, 'configurationDone comes first');
  if (thread !== undefined) session.standing.guestOf(thread);
  call.after(() => session.move(title, reason, plan));
}

const chosen = (session: Session, targetId: number | undefined): bigint | undefined =>
  targetId === undefined ? undefined : session.references.target(targetId).addresses[0];

/** "call 0x101234" as the function's name where there is one. */
function calleeOf(session: Session, text: string): string {
  const address = /0x([0-9a-f]+)$/.exec(text)?.[1];
  const name = address && session.program.nameOf(BigInt(`0x${address}`));
  return name ?? text;
}

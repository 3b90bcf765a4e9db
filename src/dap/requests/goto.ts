/**
 * Going somewhere in time: to when a line is executed next, to when it was last, to where a frame
 * began. Nothing is skipped or executed again with another outcome: the guest goes where it has been.
 */

import { gva, type StopCondition } from '../../target/index.ts';
import { ERROR, RequestError } from '../errors.ts';
import type { Family } from '../handler.ts';
import type { Session } from '../session.ts';
import { placeName } from '../sources.ts';
import { frameStart } from '../steps/line-back.ts';
import { start } from './execution.ts';

export const gotoRequests = {
  gotoTargets: (session, { source, line }) => {
    session.standing.guest;
    const file = session.sources.fileOf(source);
    const found = file === undefined ? undefined : session.program.addressesOf(file, line);
    if (!found || found.addresses.length === 0) return { targets: [] };
    const { addresses } = found;
    const target = (way: 'forward' | 'back', label: string) => ({
      id: session.references.targetId({ addresses, way }),
      ...{ label, line: found.line },
      instructionPointerReference: `0x${addresses[0]!.toString(16)}`,
    });
    return {
      targets: [
        target('forward', `${placeName(found)}, the next time`),
        target('back', `${placeName(found)}, the last time before now`),
      ],
    };
  },

  goto: (session, { threadId, targetId }, call) => {
    const { addresses, way } = session.references.target(targetId);
    const title = way === 'forward' ? 'To the next time' : 'Back to the last time';
    const stops = addresses.map((at): StopCondition => ({ kind: 'address', gva: gva(at) }));
    start(session, call, threadId, title, 'goto', (travel) => travel.run(way, stops));
    return undefined;
  },

  restartFrame: (session: Session, { frameId }, call) => {
    const { frame, thread } = session.references.frame(frameId);
    const plan = frameStart(session.standing, thread, frame.index);
    if (!plan) throw new RequestError(ERROR.failed, 'where this frame began is not known', true);
    start(session, call, thread, 'To where the frame began', 'restart', plan);
    return undefined;
  },
} satisfies Family<'gotoTargets' | 'goto' | 'restartFrame'>;

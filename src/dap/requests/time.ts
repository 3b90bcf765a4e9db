/** Custom requests that move the guest through time, and those about places in it. docs/dap.md. */

import { ERROR, RequestError } from '../errors.ts';
import type { CustomTable } from '../handler.ts';
import { positionOf } from '../position.ts';
import { VCPU_THREAD } from '../standing.ts';
import { instructionBackInto } from '../steps/instruction-step.ts';
import { lineBackInto, lineBackOut } from '../steps/line-back.ts';
import {
  bookmarkRows,
  goToEvent,
  goToWrite,
  removeBookmark,
  seekTo,
  setBookmark,
  timelineOf,
  travelHistory,
} from '../time.ts';
import { start } from './execution.ts';

export const timeRequests = {
  'retrovisor/position': (session) => positionOf(session.opened.target),

  'retrovisor/seek': (session, { mark }, call) => {
    seekTo(session, mark, call);
    return undefined;
  },

  'retrovisor/stepBackIn': (session, { threadId, granularity }, call) => {
    const plan =
      granularity === 'instruction' ? instructionBackInto : lineBackInto(session.standing);
    start(session, call, threadId, 'Stepping back in', 'step', plan);
    return undefined;
  },

  'retrovisor/stepBackOut': (session, { threadId = VCPU_THREAD, frameId }, call) => {
    const { standing } = session;
    const index = frameId === undefined ? 0 : session.references.frame(frameId).frame.index;
    const plan = lineBackOut(standing, threadId, index);
    if (!plan) throw new RequestError(ERROR.failed, 'there is no caller to be found', true);
    start(session, call, threadId, 'Stepping back out', 'step', plan);
    return undefined;
  },

  'retrovisor/event': (session, args, call) => {
    goToEvent(session, args, call);
    return undefined;
  },

  'retrovisor/lastWrite': (session, args, call) => ({
    label: goToWrite(session, args, true, call),
  }),

  'retrovisor/nextWrite': (session, args, call) => ({
    label: goToWrite(session, args, false, call),
  }),

  'retrovisor/timeline': (session, args) => timelineOf(session, args),

  'retrovisor/bookmarks': (session) => ({ bookmarks: bookmarkRows(session) }),

  'retrovisor/setBookmark': (session, { name, mark, remove }) => {
    if (remove) removeBookmark(session, name);
    else setBookmark(session, name, mark);
    return { bookmarks: bookmarkRows(session) };
  },

  'retrovisor/undo': (session, { redo }, call) => {
    travelHistory(session, redo === true, call);
    return undefined;
  },

  'retrovisor/endDiversion': (session, _args, call) => {
    if (!session.target.diversion) {
      throw new RequestError(ERROR.failed, 'the guest is on its recording', true);
    }
    start(session, call, undefined, 'Back to the recording', 'goto', (t) => t.endDiversion());
    return undefined;
  },
} satisfies Partial<CustomTable>;

/** Where in time the guest stands. */

import { compareMarks, type DebugTarget, formatMark } from '../target/index.ts';
import type { Position } from './position-text.ts';

export function positionOf(target: DebugTarget): Position {
  const { mark, share, exits, interrupts, ticks } = target.when();
  const { diversion } = target;
  const live = target.live !== undefined && target.live.ended === undefined;
  return {
    mark: formatMark(mark),
    icount: mark.icount,
    share: Math.min(1, share),
    exits,
    interrupts,
    ticks,
    end: target.end.icount,
    where: whereOf(target, live),
    ...(diversion && { from: formatMark(diversion.from), edits: diversion.edits }),
    live,
  };
}

function whereOf(target: DebugTarget, live: boolean): Position['where'] {
  if (target.diversion) return 'diversion';
  const { mark } = target;
  if (compareMarks(mark, target.end) >= 0) return live ? 'present' : 'end';
  return compareMarks(mark, target.start) <= 0 ? 'start' : 'past';
}

/** As answers.test.ts, over task switches, faults, paging, REP and code that changes itself. */

import { expect, test } from 'vitest';
import { mark } from '../../../src/replay/mark.ts';
import { ReplaySession } from '../../../src/replay/session.ts';
import { Timeline } from '../../../src/replay/timeline.ts';
import { finish } from '../../../src/replay/work.ts';
import { Recording } from '../../../src/trace/recording.ts';
import { checkAnswers, checkStepsBack } from './check-answers.ts';
import { forwardLog } from './forward-log.ts';
import { freshVcpu, recordTiny, TINY_MEMORY } from './record-guest.ts';

const STEPS = 600;

test.each(['tasks', 'faults32', 'faults64', 'paging32', 'rep', 'smc'])(
  '%s: at its start and its end',
  (name) => {
    const timeline = new Timeline(
      new ReplaySession(Recording.fromBytes(recordTiny(name)), freshVcpu(TINY_MEMORY)),
    );
    let writes = 0;
    for (const at of [0, Math.max(0, timeline.positions.end.icount - STEPS)]) {
      finish(timeline.seekTo(mark(at)));
      const log = forwardLog(timeline, STEPS);
      writes += checkAnswers(timeline, log, 4).writes;
      checkStepsBack(timeline, log, 50);
    }
    expect(writes).toBeGreaterThan(2);
  },
);

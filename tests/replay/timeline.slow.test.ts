/** Time travel over toy recordings, with enough cases to meet what is rare. */

import { timelineTests } from './timeline-tests.ts';

timelineTests(1500);

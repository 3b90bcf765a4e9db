/** Time travel over toy recordings, quickly. */

import { timelineTests } from './timeline-tests.ts';

timelineTests(60);

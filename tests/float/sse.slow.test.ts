/** Every SSE operation against the CPU the tests run on, with enough cases to meet what is rare. */

import { sseTests } from './sse-tests.ts';

sseTests(5000);

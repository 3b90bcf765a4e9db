/** Every SSE operation against the CPU the tests run on: a sample. */

import { sseTests } from './sse-tests.ts';

sseTests(400);

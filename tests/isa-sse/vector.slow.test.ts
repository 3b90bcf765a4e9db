/** MMX and SSE against the CPU that the tests run on, with enough cases to meet what is rare. */

import { vectorTests } from './vector-tests.ts';

vectorTests(60);

/** MMX and SSE against the CPU that the tests run on: a sample. */

import { vectorTests } from './vector-tests.ts';

vectorTests(6);

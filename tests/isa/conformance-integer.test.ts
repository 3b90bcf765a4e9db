/** Every integer instruction against the CPU the tests run on: a sample. */

import { integerTests } from './integer-tests.ts';

integerTests(8);

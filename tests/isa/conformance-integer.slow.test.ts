/** Every integer instruction against the CPU the tests run on, with enough cases to meet what is rare. */

import { integerTests } from './integer-tests.ts';

integerTests(48);

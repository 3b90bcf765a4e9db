/** Every x87 encoding against the CPU the tests run on, with enough cases to meet what is rare. */

import { x87Tests } from './x87-tests.ts';

x87Tests(2500);

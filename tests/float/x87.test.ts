/** Every x87 encoding against the CPU the tests run on: a sample. */

import { x87Tests } from './x87-tests.ts';

x87Tests(150);

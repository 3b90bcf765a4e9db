/** Time travel over all tiny guests. */

import { TINY_GUESTS, tinyTests } from './tiny-tests.ts';

tinyTests(TINY_GUESTS, 30);

/** Time travel over two of the tiny guests. */

import { tinyTests } from './tiny-tests.ts';

tinyTests(['tasks', 'smc'], 8);

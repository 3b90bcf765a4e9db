/** All families of cases that machines are compared by. */

import type { Family } from './families/family.ts';
import { longFamilies } from './families/long.ts';
import { longSystemFamilies } from './families/long-system.ts';
import { pagingFamilies } from './families/paging.ts';
import { segmentFamilies } from './families/segments.ts';
import { systemFamilies } from './families/system.ts';
import { transferFamilies } from './families/transfers.ts';
import { v86 } from './families/v86.ts';

export const FAMILIES: readonly Family[] = [
  ...segmentFamilies,
  ...transferFamilies,
  v86,
  ...systemFamilies,
  ...pagingFamilies,
  ...longFamilies,
  ...longSystemFamilies,
];

/** The same guest in every tier, and in every way of being unkind to the JIT: the same states. */

import { tierTests } from './tier-tests.ts';

tierTests('all');

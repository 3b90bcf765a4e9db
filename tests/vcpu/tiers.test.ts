/** The same guest in every tier: the same states. */

import { tierTests } from './tier-tests.ts';

tierTests('few');

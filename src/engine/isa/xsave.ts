/** The XSAVE family. SDM Vol. 2B to 2D, by name; Vol. 1 chapter 13. XSAVEC and XSAVES are not offered. */

import { xgetbv, xrstor, xsaveopt, xsave as xsaveState, xsetbv } from '../microcode/xsave.ts';
import type { Row } from './row.ts';

const STATE = { ops: 'M', ends: false } as const;

export const xsave: readonly Row[] = [
  {
    enc: 'NP 0F AE /4',
    name: 'XSAVE',
    ...STATE,
    microcode: xsaveState,
    feature: 'XSAVE',
    cite: 'SDM 2D XSAVE',
  },
  {
    enc: 'NP 0F AE /5',
    name: 'XRSTOR',
    ...STATE,
    microcode: xrstor,
    feature: 'XSAVE',
    cite: 'SDM 2D XRSTOR',
  },
  {
    enc: 'NP 0F AE /6',
    name: 'XSAVEOPT',
    ...STATE,
    microcode: xsaveopt,
    feature: 'XSAVEOPT',
    cite: 'SDM 2D XSAVEOPT',
  },
  {
    enc: 'NP 0F 01 /D0',
    name: 'XGETBV',
    ops: '',
    microcode: xgetbv,
    feature: 'XSAVE',
    cite: 'SDM 2D XGETBV',
  },
  {
    enc: 'NP 0F 01 /D1',
    name: 'XSETBV',
    ops: '',
    microcode: xsetbv,
    feature: 'XSAVE',
    cite: 'SDM 2D XSETBV',
  },
];

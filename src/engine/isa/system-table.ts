/** Descriptor tables, the task register, and questions about selectors. */

import {
  adjustRpl,
  loadAccessRights,
  loadSegmentLimit,
  verifyRead,
  verifyWrite,
} from '../microcode/query.ts';
import { loadLdt, loadTable, loadTask, storeSelector, storeTable } from '../microcode/tables.ts';
import * as L from '../vcpu/layout.ts';
import type { Row } from './row.ts';

/** Changes nothing that a block was decoded for. */
const PLAIN = { ends: false } as const;

const storeGdt = storeTable(L.GDTR_BASE, L.GDTR_LIMIT);
const storeIdt = storeTable(L.IDTR_BASE, L.IDTR_LIMIT);
const loadGdt = loadTable(L.GDTR_BASE, L.GDTR_LIMIT);
const loadIdt = loadTable(L.IDTR_BASE, L.IDTR_LIMIT);
const storeLdt = storeSelector(L.LDTR);
const storeTask = storeSelector(L.TR);

export const systemTable: readonly Row[] = [
  { enc: '0F 00 /0', name: 'SLDT', ops: 'Ev', microcode: storeLdt, ...PLAIN, cite: 'SDM 2B SLDT' },
  { enc: '0F 00 /1', name: 'STR', ops: 'Ev', microcode: storeTask, ...PLAIN, cite: 'SDM 2B STR' },
  { enc: '0F 00 /2', name: 'LLDT', ops: 'Ew', microcode: loadLdt, cite: 'SDM 2A LLDT' },
  { enc: '0F 00 /3', name: 'LTR', ops: 'Ew', microcode: loadTask, cite: 'SDM 2A LTR' },
  {
    enc: '0F 00 /4',
    name: 'VERR',
    ops: 'Ew',
    microcode: verifyRead,
    ...PLAIN,
    cite: 'SDM 2B VERR/VERW',
  },
  {
    enc: '0F 00 /5',
    name: 'VERW',
    ops: 'Ew',
    microcode: verifyWrite,
    ...PLAIN,
    cite: 'SDM 2B VERR/VERW',
  },
  { enc: '0F 01 /0', name: 'SGDT', ops: 'Ms', microcode: storeGdt, ...PLAIN, cite: 'SDM 2B SGDT' },
  { enc: '0F 01 /1', name: 'SIDT', ops: 'Ms', microcode: storeIdt, ...PLAIN, cite: 'SDM 2B SIDT' },
  { enc: '0F 01 /2', name: 'LGDT', ops: 'Ms', microcode: loadGdt, cite: 'SDM 2A LGDT/LIDT' },
  { enc: '0F 01 /3', name: 'LIDT', ops: 'Ms', microcode: loadIdt, cite: 'SDM 2A LGDT/LIDT' },
  {
    enc: '0F 02 /r',
    name: 'LAR',
    ops: 'Gv,Ew',
    microcode: loadAccessRights,
    ...PLAIN,
    cite: 'SDM 2A LAR',
  },
  {
    enc: '0F 03 /r',
    name: 'LSL',
    ops: 'Gv,Ew',
    microcode: loadSegmentLimit,
    ...PLAIN,
    cite: 'SDM 2A LSL',
  },
  {
    enc: '63 /r',
    name: 'ARPL',
    ops: 'Ew,Gw',
    microcode: adjustRpl,
    ...PLAIN,
    only: 'legacy',
    cite: 'SDM 2A ARPL',
  },
];

/** Far transfers, interrupts and their returns, fast system calls. */

import { callFarDirect, callFarMemory, jumpFarDirect, jumpFarMemory } from '../microcode/far.ts';
import { interruptReturn } from '../microcode/iret.ts';
import { returnFar } from '../microcode/ret.ts';
import {
  breakpoint,
  interrupt,
  interrupt1,
  interruptOnOverflow,
} from '../microcode/software-interrupt.ts';
import { syscall, sysenter, sysexit, sysret } from '../microcode/syscall.ts';
import type { Row } from './row.ts';

const INT = 'SDM 2A INT n/INTO/INT3/INT1';

export const systemFar: readonly Row[] = [
  {
    enc: '9A',
    name: 'CALL far',
    ops: 'Ap',
    microcode: callFarDirect,
    only: 'legacy',
    cite: 'SDM 2A CALL',
  },
  { enc: 'FF /3', name: 'CALL far', ops: 'Mp', microcode: callFarMemory, cite: 'SDM 2A CALL' },
  {
    enc: 'EA',
    name: 'JMP far',
    ops: 'Ap',
    microcode: jumpFarDirect,
    only: 'legacy',
    cite: 'SDM 2A JMP',
  },
  { enc: 'FF /5', name: 'JMP far', ops: 'Mp', microcode: jumpFarMemory, cite: 'SDM 2A JMP' },
  { enc: 'CA', name: 'RET far', ops: 'Iw', microcode: returnFar, cite: 'SDM 2B RET' },
  { enc: 'CB', name: 'RET far', ops: '', microcode: returnFar, cite: 'SDM 2B RET' },
  { enc: 'CF', name: 'IRET', ops: '', microcode: interruptReturn, cite: 'SDM 2A IRET' },
  { enc: 'CC', name: 'INT3', ops: '', microcode: breakpoint, cite: INT },
  { enc: 'CD', name: 'INT', ops: 'Ib', microcode: interrupt, cite: INT },
  {
    enc: 'CE',
    name: 'INTO',
    ops: '',
    microcode: interruptOnOverflow,
    only: 'legacy',
    cite: INT,
  },
  { enc: 'F1', name: 'INT1', ops: '', microcode: interrupt1, cite: INT },
  {
    enc: '0F 05',
    name: 'SYSCALL',
    ops: '',
    microcode: syscall,
    only: '64',
    cite: 'SDM 2B SYSCALL',
  },
  { enc: '0F 07', name: 'SYSRET', ops: '', microcode: sysret, only: '64', cite: 'SDM 2B SYSRET' },
  { enc: '0F 34', name: 'SYSENTER', ops: '', microcode: sysenter, cite: 'SDM 2B SYSENTER' },
  { enc: '0F 35', name: 'SYSEXIT', ops: '', microcode: sysexit, cite: 'SDM 2B SYSEXIT' },
];

/** Segment registers: MOV, PUSH, POP, far pointers, and the bases that 64-bit mode sets directly. */

import {
  loadFarPointer,
  moveToSegment,
  popSegment,
  pushSegment,
} from '../microcode/segment-move.ts';
import { readBase, swapGs, writeBase } from '../microcode/syscall.ts';
import * as L from '../vcpu/layout.ts';
import { type Emitter, UD } from './emitter.ts';
import type { Row } from './row.ts';

/** PUSH and POP of one segment register; CS cannot be popped. */
function pushPop(seg: number, push: string, pop: string, more: Partial<Row>): Row[] {
  const microcode = pushSegment(seg);
  return [
    { enc: push, name: 'PUSH', ops: '', microcode, ends: false, ...more, cite: 'SDM 2B PUSH' },
    ...(pop
      ? [
          {
            enc: pop,
            name: 'POP',
            ops: '',
            microcode: popSegment(seg),
            ...more,
            cite: 'SDM 2B POP',
          },
        ]
      : []),
  ];
}

const LEGACY = { only: 'legacy' } as const;
const WIDE = { size: 'd64' } as const;

const farPointer = (enc: string, name: string, seg: number, more: Partial<Row> = {}): Row => ({
  enc,
  name,
  ops: 'Gv,Mp',
  microcode: loadFarPointer(seg),
  ...more,
  cite: 'SDM 2A LDS/LES/LFS/LGS/LSS',
});

const base = (digit: number, name: string, microcode: NonNullable<Row['microcode']>): Row => ({
  enc: `F3 0F AE /${digit}`,
  name,
  ops: 'Ry',
  microcode,
  ends: false,
  only: '64',
  feature: 'FSGSBASE',
  cite: `SDM 2B ${name}`,
});

/** MOV r/m, Sreg: memory gets 16 bits, a register is zero-extended to the operand size. */
function moveFromSegment(e: Emitter): void {
  const last = L.segment(L.GS) + L.SEG_SELECTOR;
  e.raiseIf(e.gtu(e.pointer({ operand: 1 }), last), UD);
  const selector = e.read({ operand: 1 }, 2);
  if (e.isMemory(0)) e.storeAt(e.linear(2, true), 2, selector);
  else e.write({ operand: 0 }, e.size, e.size === 8 ? e.extu(selector) : selector);
}

export const systemSegment: readonly Row[] = [
  {
    enc: '8C /r',
    name: 'MOV',
    ops: 'Ev,Sw',
    emit: moveFromSegment,
    cite: 'SDM 2B MOV',
  },
  { enc: '8E /r', name: 'MOV', ops: 'Sw,Ew', microcode: moveToSegment, cite: 'SDM 2B MOV' },
  ...pushPop(L.ES, '06', '07', LEGACY),
  ...pushPop(L.CS, '0E', '', LEGACY),
  ...pushPop(L.SS, '16', '17', LEGACY),
  ...pushPop(L.DS, '1E', '1F', LEGACY),
  ...pushPop(L.FS, '0F A0', '0F A1', WIDE),
  ...pushPop(L.GS, '0F A8', '0F A9', WIDE),
  farPointer('C4 /r', 'LES', L.ES, LEGACY),
  farPointer('C5 /r', 'LDS', L.DS, LEGACY),
  farPointer('0F B2 /r', 'LSS', L.SS),
  farPointer('0F B4 /r', 'LFS', L.FS),
  farPointer('0F B5 /r', 'LGS', L.GS),
  {
    enc: '0F 01 /F8',
    name: 'SWAPGS',
    ops: '',
    microcode: swapGs,
    ends: false,
    only: '64',
    cite: 'SDM 2B SWAPGS',
  },
  base(0, 'RDFSBASE', readBase(L.FS)),
  base(1, 'RDGSBASE', readBase(L.GS)),
  base(2, 'WRFSBASE', writeBase(L.FS)),
  base(3, 'WRGSBASE', writeBase(L.GS)),
];

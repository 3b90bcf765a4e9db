/** Control and debug registers, model-specific registers, and the processor itself. */

import {
  clearTaskSwitched,
  invalidatePage,
  invalidatePcid,
  loadMachineStatus,
  moveFromControl,
  moveToControl,
  storeMachineStatus,
} from '../microcode/control.ts';
import { CR4_TSD } from '../microcode/cpu.ts';
import { readMsr, writeMsr } from '../microcode/msr.ts';
import {
  cpuid,
  halt,
  invalidateCaches,
  moveFromDebug,
  moveToDebug,
  random,
  readCounter,
  readTime,
  readTimeAndAux,
  setAlignmentCheck,
} from '../microcode/processor.ts';
import * as L from '../vcpu/layout.ts';
import { undefinedOpcode } from './branch.ts';
import type { Emitter } from './emitter.ts';
import { io } from './io.ts';
import type { Row } from './row.ts';
import { systemFar } from './system-far.ts';
import { systemSegment } from './system-segment.ts';
import { systemTable } from './system-table.ts';
import { xsave } from './xsave.ts';

const CONTROL = 'SDM 2B MOV—Move to/from Control Registers';
const DEBUG = 'SDM 2B MOV—Move to/from Debug Registers';

const registers: readonly Row[] = [
  { enc: '0F 20 /r', name: 'MOV', ops: 'Ry,Cy', microcode: moveFromControl, cite: CONTROL },
  { enc: '0F 22 /r', name: 'MOV', ops: 'Cy,Ry', microcode: moveToControl, cite: CONTROL },
  { enc: '0F 21 /r', name: 'MOV', ops: 'Ry,Dy', microcode: moveFromDebug, cite: DEBUG },
  { enc: '0F 23 /r', name: 'MOV', ops: 'Dy,Ry', microcode: moveToDebug, cite: DEBUG },
  {
    enc: '0F 01 /4',
    name: 'SMSW',
    ops: 'Ev',
    microcode: storeMachineStatus,
    ends: false,
    cite: 'SDM 2B SMSW',
  },
  { enc: '0F 01 /6', name: 'LMSW', ops: 'Ew', microcode: loadMachineStatus, cite: 'SDM 2A LMSW' },
  { enc: '0F 06', name: 'CLTS', ops: '', microcode: clearTaskSwitched, cite: 'SDM 2A CLTS' },
  { enc: '0F 01 /7', name: 'INVLPG', ops: 'Mb', microcode: invalidatePage, cite: 'SDM 2A INVLPG' },
  {
    enc: '66 0F 38 82 /r',
    name: 'INVPCID',
    ops: 'Gy,Mdq',
    microcode: invalidatePcid,
    feature: 'INVPCID',
    cite: 'SDM 2A INVPCID',
  },
  { enc: '0F 32', name: 'RDMSR', ops: '', microcode: readMsr, cite: 'SDM 2B RDMSR' },
  { enc: '0F 30', name: 'WRMSR', ops: '', microcode: writeMsr, cite: 'SDM 2B WRMSR' },
];

/** EDX:EAX := time stamp. With CR4.TSD it is privileged: the exact routine decides. */
function rdtsc(e: Emitter): void {
  const zero = e.i32(0);
  e.if(e.and(e.load('i32', 4, zero, L.CR4), Number(CR4_TSD)), () => e.fallback());
  const skipped = e.load('i64', 8, zero, L.SKIPPED);
  const offset = e.load('i64', 8, zero, L.TSC_OFFSET);
  const tsc = e.let(e.add(e.retired(), e.add(skipped, offset)));
  e.write(L.RAX, 4, e.wrap(tsc));
  e.write(L.RDX, 4, e.wrap(e.shru(tsc, 32)));
}

function rdtscp(e: Emitter): void {
  rdtsc(e);
  e.write(L.RCX, 4, e.load('i32', 4, e.i32(0), L.TSC_AUX));
}

const caches = { microcode: invalidateCaches, ends: false } as const;

const processor: readonly Row[] = [
  { enc: 'F4', name: 'HLT', ops: '', microcode: halt, cite: 'SDM 2A HLT' },
  { enc: '0F A2', name: 'CPUID', ops: '', microcode: cpuid, cite: 'SDM 2A CPUID' },
  { enc: '0F 31', name: 'RDTSC', ops: '', emit: rdtsc, slow: readTime, cite: 'SDM 2B RDTSC' },
  {
    enc: '0F 01 /F9',
    name: 'RDTSCP',
    ops: '',
    emit: rdtscp,
    slow: readTimeAndAux,
    feature: 'RDTSCP',
    cite: 'SDM 2B RDTSCP',
  },
  { enc: '0F 33', name: 'RDPMC', ops: '', microcode: readCounter, cite: 'SDM 2B RDPMC' },
  {
    enc: '0F C7 /6',
    name: 'RDRAND',
    ops: 'Rv',
    microcode: random('rdrand'),
    feature: 'RDRAND',
    cite: 'SDM 2B RDRAND',
  },
  {
    enc: '0F C7 /7',
    name: 'RDSEED',
    ops: 'Rv',
    microcode: random('rdseed'),
    feature: 'RDSEED',
    cite: 'SDM 2B RDSEED',
  },
  // F2 and F3 make them other instructions, which are not here.
  ...['F2 0F C7 /6', 'F3 0F C7 /6', 'F2 0F C7 /7', 'F3 0F C7 /7'].map(
    (enc): Row => ({
      enc,
      name: 'UD',
      ops: 'Rv',
      emit: undefinedOpcode,
      ends: true,
      cite: 'SDM 2D A.4 group 9',
    }),
  ),
  { enc: '0F 08', name: 'INVD', ops: '', ...caches, cite: 'SDM 2A INVD' },
  { enc: '0F 09', name: 'WBINVD', ops: '', ...caches, cite: 'SDM 2D WBINVD' },
  {
    enc: 'NP 0F 01 /CA',
    name: 'CLAC',
    ops: '',
    microcode: setAlignmentCheck(false),
    feature: 'SMAP',
    cite: 'SDM 2A CLAC',
  },
  {
    enc: 'NP 0F 01 /CB',
    name: 'STAC',
    ops: '',
    microcode: setAlignmentCheck(true),
    feature: 'SMAP',
    cite: 'SDM 2B STAC',
  },
];

export const system: readonly Row[] = [
  ...systemFar,
  ...systemSegment,
  ...systemTable,
  ...registers,
  ...processor,
  ...xsave,
  ...io,
];

/**
 * The CPUID feature of rows that do not name one: whole units, and single instructions that came
 * after the 486. SDM Vol. 1 §5.1 lists instructions by the feature that brought them; §5.5 and §5.6
 * part SSE from SSE2.
 */

import type { Feature } from '../cpuid.ts';
import type { Row } from './row.ts';

const BY_NAME: Readonly<Record<string, Feature>> = {
  CMPXCHG8B: 'CX8',
  FWAIT: 'FPU',
  FXRSTOR: 'FXSR',
  FXSAVE: 'FXSR',
  LFENCE: 'SSE2',
  MFENCE: 'SSE2',
  MOVNTI: 'SSE2',
  RDMSR: 'MSR',
  RDTSC: 'TSC',
  SFENCE: 'SSE',
  SWAPGS: 'LM',
  SYSCALL: 'SYSCALL',
  SYSENTER: 'SEP',
  SYSEXIT: 'SEP',
  SYSRET: 'SYSCALL',
  WRMSR: 'MSR',
};

/** Instructions on MMX registers that SSE and SSE2 added. */
const MMX_OF_SSE =
  /^(MASKMOVQ|MOVNTQ|PAVG[BW]|P(MAX|MIN)(SW|UB)|PEXTRW|PINSRW|PMOVMSKB|PMULHUW|PSADBW|PSHUFW)$/;
const MMX_OF_SSE2 = /^(PADDQ|PSUBQ|PMULUDQ)$/;
/** Instructions on XMM registers that SSE has; all the others are SSE2's at the earliest. */
const SSE =
  /^(ADD|AND|ANDN|CMP|COMI|CVTPI2|CVTSI2|DIV|MAX|MIN|MOV|MOVA|MOVH|MOVL|MOVMSK|MOVNT|MOVU|MUL|OR|RCP|RSQRT|SHUF|SQRT|SUB|UCOMI|UNPCKH|UNPCKL|XOR)[PS]S$|^CVTT?[PS]S2[PS]I$|^MOV(HL|LH)PS$|MXCSR$/;

function featureOf(row: Row): Feature | undefined {
  const { name, unit } = row;
  const own = BY_NAME[name];
  if (own) return own;
  if (unit === 'x87') return 'FPU';
  if (unit === 'mmx')
    return MMX_OF_SSE.test(name) ? 'SSE' : MMX_OF_SSE2.test(name) ? 'SSE2' : 'MMX';
  if (unit === 'sse') return SSE.test(name) ? 'SSE' : 'SSE2';
  return name.startsWith('CMOV') ? 'CMOV' : undefined;
}

/** The rows, each with its feature. */
export function withFeatures(rows: readonly Row[]): readonly Row[] {
  return rows.map((row) => {
    const feature = row.feature ?? featureOf(row);
    return feature === undefined || row.feature ? row : { ...row, feature };
  });
}

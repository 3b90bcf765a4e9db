/** Port input and output. */

import {
  inDx,
  inDxByte,
  inImmediate,
  inImmediateByte,
  inString,
  outDx,
  outDxByte,
  outImmediate,
  outImmediateByte,
  outString,
} from '../microcode/io.ts';
import type { Row } from './row.ts';

const IN = { name: 'IN', cite: 'SDM 2A IN' } as const;
const OUT = { name: 'OUT', cite: 'SDM 2B OUT' } as const;
const INS = { name: 'INS', ops: '', rep: 'rep', cite: 'SDM 2A INS' } as const;
const OUTS = { name: 'OUTS', ops: '', rep: 'rep', cite: 'SDM 2B OUTS' } as const;

export const io: readonly Row[] = [
  { enc: 'E4', ops: 'AL,Ib', microcode: inImmediateByte, ...IN },
  { enc: 'E5', ops: 'rAX,Ib', microcode: inImmediate, ...IN },
  { enc: 'EC', ops: 'AL,DX', microcode: inDxByte, ...IN },
  { enc: 'ED', ops: 'rAX,DX', microcode: inDx, ...IN },
  { enc: 'E6', ops: 'Ib,AL', microcode: outImmediateByte, ...OUT },
  { enc: 'E7', ops: 'Ib,rAX', microcode: outImmediate, ...OUT },
  { enc: 'EE', ops: 'DX,AL', microcode: outDxByte, ...OUT },
  { enc: 'EF', ops: 'DX,rAX', microcode: outDx, ...OUT },
  { enc: '6C', microcode: inString(true), ...INS },
  { enc: '6D', microcode: inString(false), ...INS },
  { enc: '6E', microcode: outString(true), ...OUTS },
  { enc: '6F', microcode: outString(false), ...OUTS },
];

/** SSE4.2's string comparisons. SDM Vol. 2B §4.1 and PCMPESTRI and its like. */

import { stringIndex, stringMask } from '../microcode/string-compare.ts';
import type { Row } from './row.ts';

const row = (opcode: string, name: string, microcode: Row['microcode']): Row => ({
  enc: `66 0F 3A ${opcode} /r ib`,
  name,
  ops: 'Vdq,Wdq,Ib',
  unit: 'sse',
  microcode: microcode!,
  ends: false,
  feature: 'SSE4.2',
  cite: `SDM 2B ${name}`,
});

export const sse4String: readonly Row[] = [
  row('60', 'PCMPESTRM', stringMask('explicit')),
  row('61', 'PCMPESTRI', stringIndex('explicit')),
  row('62', 'PCMPISTRM', stringMask('implicit')),
  row('63', 'PCMPISTRI', stringIndex('implicit')),
];

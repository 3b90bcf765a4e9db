/** `target.xml` from the table of registers (gdb manual, appendix G "Target Descriptions"). */

import type { Architecture } from './registers.ts';

/** A name, its first bit and, if it has more than one, its last. */
type Field = readonly [name: string, first: number, last?: number];

/** RFLAGS without its reserved bit 1, which gdb would show as a flag without a name. */
const EFLAGS: readonly Field[] = [
  ...([
    ['CF', 0],
    ['', 1],
    ['PF', 2],
    ['AF', 4],
    ['ZF', 6],
    ['SF', 7],
    ['TF', 8],
  ] as const),
  ...([
    ['IF', 9],
    ['DF', 10],
    ['OF', 11],
    ['IOPL', 12, 13],
    ['NT', 14],
    ['RF', 16],
  ] as const),
  ...([
    ['VM', 17],
    ['AC', 18],
    ['VIF', 19],
    ['VIP', 20],
    ['ID', 21],
  ] as const),
];
const MXCSR: readonly Field[] = [
  ...([
    ['IE', 0],
    ['DE', 1],
    ['ZE', 2],
    ['OE', 3],
    ['UE', 4],
    ['PE', 5],
    ['DAZ', 6],
  ] as const),
  ...([
    ['IM', 7],
    ['DM', 8],
    ['ZM', 9],
    ['OM', 10],
    ['UM', 11],
    ['PM', 12],
  ] as const),
  ...([
    ['RC', 13, 14],
    ['FZ', 15],
  ] as const),
];
/** SDM Vol. 3A §2.5. */
const CR0: readonly Field[] = [
  ...([
    ['PE', 0],
    ['MP', 1],
    ['EM', 2],
    ['TS', 3],
    ['ET', 4],
    ['NE', 5],
    ['WP', 16],
  ] as const),
  ...([
    ['AM', 18],
    ['NW', 29],
    ['CD', 30],
    ['PG', 31],
  ] as const),
];
const CR4: readonly Field[] = [
  ...([
    ['VME', 0],
    ['PVI', 1],
    ['TSD', 2],
    ['DE', 3],
    ['PSE', 4],
    ['PAE', 5],
  ] as const),
  ...([
    ['MCE', 6],
    ['PGE', 7],
    ['PCE', 8],
    ['OSFXSR', 9],
    ['OSXMMEXCPT', 10],
  ] as const),
  ...([
    ['UMIP', 11],
    ['LA57', 12],
    ['VMXE', 13],
    ['SMXE', 14],
    ['FSGSBASE', 16],
  ] as const),
  ...([
    ['PCIDE', 17],
    ['OSXSAVE', 18],
    ['SMEP', 20],
    ['SMAP', 21],
    ['PKE', 22],
  ] as const),
];
/** SDM Vol. 3A §2.2.1. */
const EFER: readonly Field[] = [
  ['SCE', 0],
  ['LME', 8],
  ['LMA', 10],
  ['NXE', 11],
];

function flags(id: string, size: number, fields: readonly Field[]): string {
  const lines = fields.map(([name, first, last = first]) => {
    const type = last === first ? 'bool' : 'uint32';
    return `    <field name="${name}" start="${first}" end="${last}" type="${type}"/>`;
  });
  return [`  <flags id="${id}" size="${size}">`, ...lines, '  </flags>'].join('\n');
}

const VEC128 = `  <vector id="v4f" type="ieee_single" count="4"/>
  <vector id="v2d" type="ieee_double" count="2"/>
  <vector id="v16i8" type="int8" count="16"/>
  <vector id="v8i16" type="int16" count="8"/>
  <vector id="v4i32" type="int32" count="4"/>
  <vector id="v2i64" type="int64" count="2"/>
  <union id="vec128">
    <field name="v4_float" type="v4f"/>
    <field name="v2_double" type="v2d"/>
    <field name="v16_int8" type="v16i8"/>
    <field name="v8_int16" type="v8i16"/>
    <field name="v4_int32" type="v4i32"/>
    <field name="v2_int64" type="v2i64"/>
    <field name="uint128" type="uint128"/>
  </union>`;

/** The types that a feature's registers use. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  'org.gnu.gdb.i386.core': [flags('i386_eflags', 4, EFLAGS)],
  'org.gnu.gdb.i386.sse': [VEC128, flags('i386_mxcsr', 4, MXCSR)],
  'org.retrovisor.system': [
    flags('x64_cr0', 8, CR0),
    flags('x64_cr4', 8, CR4),
    flags('x64_efer', 8, EFER),
  ],
};

export function targetXml({ name: architecture, registers: all }: Architecture): string {
  const features = [...new Set(all.map(({ feature }) => feature))];
  const parts = features.map((feature) => {
    const registers = all.flatMap((register, n) => {
      if (register.feature !== feature) return [];
      const { name, bytes, type, group } = register;
      const place = group ? ` group="${group}"` : '';
      return [
        `  <reg name="${name}" bitsize="${bytes * 8}" type="${type}" regnum="${n}"${place}/>`,
      ];
    });
    const body = [...(TYPES[feature] ?? []), ...registers].join('\n');
    return `<feature name="${feature}">\n${body}\n</feature>`;
  });
  return `<?xml version="1.0"?>
<!DOCTYPE target SYSTEM "gdb-target.dtd">
<target version="1.0">
<architecture>${architecture}</architecture>
${parts.join('\n')}
</target>
`;
}

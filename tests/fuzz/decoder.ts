/**
 * Our decoder against iced-x86's: random bytes in 16-, 32- and 64-bit code, of which both must say
 * the same: whether they are an instruction, and how long it is. What iced knows and we do not have
 * must be #UD. Differences that are known have a rule here, and a line in docs/QUIRKS.md.
 */

import {
  CpuidFeature,
  DecoderOptions,
  Decoder as Iced,
  Instruction as IcedInstruction,
} from 'iced-x86';
import { Decoder } from '../../src/engine/decode/decoder.ts';
import type { Instruction } from '../../src/engine/decode/instruction.ts';
import type { Mode } from '../../src/engine/decode/mode.ts';
import { isDefined } from '../../src/engine/float/x87/execute.ts';
import { ROWS } from '../../src/engine/isa/index.ts';
import { Random } from '../float/cases.ts';

export interface Fuzzed {
  readonly strings: number;
  /** Of those, how many are instructions. */
  readonly instructions: number;
  /** Known differences: by rule, how often. */
  readonly known: ReadonlyMap<string, number>;
  /** Unknown ones, the first few. */
  readonly unknown: readonly string[];
  readonly unknownCount: number;
}

const SLOT = 32;
const SLOTS = 2048;

const mode = (codeSize: 2 | 4 | 8): Mode => ({
  codeSize,
  stackSize: codeSize,
  flat: codeSize === 4,
  em: false,
  ts: false,
  osfxsr: true,
});
const MODES = [mode(2), mode(4), mode(8)];

/** What of iced's features we have rows for. */
const FEATURES = new Set(
  [
    ...'INTEL8086 INTEL8086_ONLY INTEL186 INTEL286 INTEL386 INTEL486 X64 ADX AES BMI1 BMI2'.split(
      ' ',
    ),
    ...'CLFSH CLFLUSHOPT CMOV CMPXCHG16B CPUID CX8 FPU FPU287 FPU387 FXSR FSGSBASE INVPCID'.split(
      ' ',
    ),
    ...'LZCNT MMX MOVBE MSR MULTIBYTENOP PAUSE PCLMULQDQ POPCNT PREFETCHW RDPMC RDRAND'.split(' '),
    ...'RDSEED RDTSCP SEP SHA SMAP SSE SSE2 SSE3 SSE4_1 SSE4_2 SSSE3 SYSCALL TSC XSAVE'.split(' '),
    ...'XSAVEOPT PREFETCHWT1 CET_IBT CET_SS CLDEMOTE MPX PREFETCHITI'.split(' '),
  ].filter((name) => name in CpuidFeature),
);
/** These live in the space of hints: NOPs where there is no such feature. SDM Vol. 2D table A-3. */
const HINTS = /^(CET_IBT|CET_SS|CLDEMOTE|MPX|PREFETCHWT1|PREFETCHITI|MULTIBYTENOP)$/;

interface Verdict {
  readonly valid: boolean;
  readonly length: number;
}

interface Rule {
  readonly name: string;
  readonly holds: (code: ReturnType<typeof opcodeAt>, ours: boolean, m: Mode) => boolean;
}

/** Every one has its paragraph in docs/QUIRKS.md, "Decoding". */
const RULES: readonly Rule[] = [
  {
    name: 'SYSCALL and SYSRET exist in 64-bit mode only, as on Intel',
    holds: ({ opcode, map }, ours, m) =>
      !ours && m.codeSize !== 8 && map === 1 && (opcode === 0x05 || opcode === 0x07),
  },
  {
    name: 'WBNOINVD without its feature is WBINVD',
    holds: ({ opcode, map }, ours) => ours && map === 1 && opcode === 0x09,
  },
];

/** Rows that are #UD by their routine and not by the decoder. */
function undefinedByRoutine({ row, opcode, modrm, reg }: Instruction): boolean {
  if (row.name === 'x87') return !isDefined(opcode, modrm);
  if (row.ops.includes('Cy')) return ![0, 2, 3, 4, 8].includes(reg);
  if (row.ops.includes('Dy')) return reg > 7;
  if (row.ops === 'Sw,Ew') return (reg & 7) > 5 || (reg & 7) === 1;
  if (row.ops === 'Ev,Sw') return (reg & 7) > 5;
  return row.name === 'UD';
}

/** Map and opcode behind the prefixes. */
function opcodeAt(bytes: Uint8Array, long: boolean): { map: number; opcode: number } {
  const prefix = (b: number): boolean => PREFIXES.includes(b) || (long && (b & 0xf0) === 0x40);
  const at = bytes.findIndex((b) => !prefix(b));
  return bytes[at] === 0x0f ? { map: 1, opcode: bytes[at + 1]! } : { map: 0, opcode: bytes[at]! };
}

const PREFIXES = [0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65];

export function fuzzDecoder(seed: number, count: number): Fuzzed {
  const r = new Random(seed);
  const ours = new Decoder(ROWS);
  const supported = new Map<number, 'yes' | 'no' | 'hint'>();
  const known = new Map<string, number>();
  const unknown: string[] = [];
  let [strings, instructions, unknownCount] = [0, 0, 0];
  const instruction = new IcedInstruction();
  const bytes = new Uint8Array(SLOTS * SLOT + SLOT);
  while (strings < count) {
    for (const m of MODES) {
      fill(r, bytes);
      const iced = new Iced(m.codeSize * 8, bytes, DecoderOptions.None);
      for (let slot = 0; slot < SLOTS; slot++) {
        const at = slot * SLOT;
        iced.position = at;
        iced.ip = 0n;
        iced.decodeOut(instruction);
        const theirs = { valid: instruction.code !== 0, length: instruction.length };
        const decoded = ours.decode(bytes, at, at + 15, m, 0);
        if (decoded === 'more') throw new Error('fuzz: 15 bytes were not enough');
        const text = bytes.subarray(at, at + 16);
        const valid = !('fault' in decoded) && !undefinedByRoutine(decoded);
        strings++;
        if (valid) instructions++;
        const mine = { valid, length: decoded.length };
        let agree = mine.valid === theirs.valid && (!valid || mine.length === theirs.length);
        if (theirs.valid) {
          const have = supportedOf(supported, instruction);
          if (have === 'no') agree = !valid;
          else if (have === 'hint') agree ||= !valid;
        }
        if (agree) continue;
        const rule = RULES.find(({ holds }) => holds(opcodeAt(text, m.codeSize === 8), valid, m));
        if (rule) known.set(rule.name, (known.get(rule.name) ?? 0) + 1);
        else {
          unknownCount++;
          if (unknown.length < 400)
            unknown.push(describe(text, m, mine, theirs, instruction, decoded));
        }
      }
      iced.free();
    }
  }
  instruction.free();
  return { strings, instructions, known, unknown, unknownCount };
}

function supportedOf(
  seen: Map<number, 'yes' | 'no' | 'hint'>,
  i: IcedInstruction,
): 'yes' | 'no' | 'hint' {
  const found = seen.get(i.code);
  if (found) return found;
  const names = [...i.cpuidFeatures()].map((f) => CpuidFeature[f]!);
  const answer = names.every((n) => FEATURES.has(n))
    ? names.some((n) => HINTS.test(n))
      ? 'hint'
      : 'yes'
    : 'no';
  seen.set(i.code, answer);
  return answer;
}

/** Random slots; most begin as instructions do: prefixes, REX, an escape. */
function fill(r: Random, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 4) view.setUint32(at, r.u32(), true);
  for (let slot = 0; slot < SLOTS; slot++) {
    let at = slot * SLOT;
    while (r.below(3) === 0) bytes[at++] = r.pick(PREFIXES);
    if (r.below(3) === 0) bytes[at++] = 0x40 | r.below(16);
    switch (r.below(8)) {
      case 0:
      case 1:
        bytes[at++] = 0x0f;
        break;
      case 2:
        bytes[at++] = 0x0f;
        bytes[at++] = r.pick([0x38, 0x3a]);
        break;
      case 3:
        if (r.below(2)) {
          bytes[at++] = r.pick([0xc4, 0xc4, 0xc5]);
          bytes[at] = r.pick([0xe1, 0xe2, 0xe3, bytes[at]!]);
        }
        break;
      default:
    }
  }
}

function describe(
  text: Uint8Array,
  m: Mode,
  mine: Verdict,
  theirs: Verdict,
  i: IcedInstruction,
  decoded: object,
): string {
  const say = (v: Verdict): string => (v.valid ? `${v.length} bytes` : 'invalid');
  const name = 'row' in decoded ? ` (${(decoded.row as { name: string }).name})` : '';
  const features = theirs.valid ? [...i.cpuidFeatures()].map((f) => CpuidFeature[f]).join(' ') : '';
  const hex = Buffer.from(text).toString('hex');
  return `${m.codeSize * 8}-bit ${hex}: ours ${say(mine)}${name}, iced ${say(theirs)} ${features}`;
}

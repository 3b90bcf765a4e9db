/**
 * Small programs and what they leave behind:
 *
 *     check('mov al, 0x7f; add al, 1', 'al=80 OF SF AF');
 *
 * A program starts with all registers zero but rSP, which is in the middle of window A, with zero
 * memory and no flags. Numbers are hexadecimal. What can be expected:
 *
 *     rax=1 ax=1 ah=0       a register
 *     OF SF ZF AF PF CF     these arithmetic flags and no others; `none`: none of them
 *     DF ~DF                this flag
 *     [A+10].4=deadbeef     four bytes of memory
 *     #GP(0) #DE            the program ends in this fault
 *     @5                    RIP is so many bytes behind the program's first
 *
 * What is not mentioned is not looked at.
 */

import { expect, test } from 'vitest';
import { assemble, haveAssembler, type Snippet } from './assemble.ts';
import { Box } from './box.ts';
import {
  A_BYTES,
  AT,
  B_BYTES,
  type Case,
  CODE,
  initialFx,
  type Outcome,
  WINDOW_A,
} from './case.ts';

export interface Setup {
  readonly bits?: 16 | 32 | 64;
  readonly supervisor?: boolean;
  /** RFLAGS at the start. */
  readonly rflags?: number;
}

const snippets: Snippet[] = [];
let assembled: readonly Uint8Array[] = [];
let box: Box | undefined;

if (!haveAssembler) process.stderr.write('isa: programs NOT checked, because there is no GNU as\n');

export function check(source: string, expected: string, setup: Setup = {}): void {
  const index = snippets.push({ bits: setup.bits ?? 64, source }) - 1;
  const mode = [setup.bits ?? 64, setup.supervisor ? 'CPL 0' : ''].filter(Boolean).join(' ');
  test.skipIf(!haveAssembler)(`${source} (${mode}) → ${expected}`, () => {
    // Files that share this module add to the snippets.
    if (assembled.length < snippets.length) assembled = assemble(snippets);
    box ??= new Box();
    const outcome = box.run(program(assembled[index]!, setup));
    const tokens = expected.split(/\s+/).filter(Boolean);
    expect(describeOutcome(outcome, tokens, setup.bits === 16)).toBe(tokens.join(' '));
  });
}

function program(code: Uint8Array, setup: Setup): Case {
  const gpr = new Array<bigint>(16).fill(0n);
  const middle = WINDOW_A + A_BYTES / 2;
  gpr[4] = BigInt(setup.bits === 16 ? middle & 0xffff : middle);
  return {
    code,
    repeated: true,
    compatibility: setup.bits === 32,
    sixteen: setup.bits === 16,
    supervisor: setup.supervisor ?? false,
    rflags: setup.rflags ?? 0x202,
    gpr,
    fx: initialFx(),
    a: new Uint8Array(A_BYTES),
    b: new Uint8Array(B_BYTES),
  };
}

const NAMES = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const VECTORS: Readonly<Record<number, string>> = {
  0: '#DE',
  5: '#BR',
  6: '#UD',
  12: '#SS',
  13: '#GP',
  14: '#PF',
};
const ARITHMETIC = { OF: 0x800, SF: 0x80, ZF: 0x40, AF: 0x10, PF: 4, CF: 1 };
const OTHER = { DF: 0x400, IF: 0x200, TF: 0x100, AC: 0x40000, ID: 0x200000, IOPL: 0x3000 };

/** The outcome in the words of the expectation, so that a difference reads well. */
function describeOutcome(o: Outcome, tokens: readonly string[], sixteen: boolean): string {
  const wantsFlags = tokens.some((t) => t === 'none' || t in ARITHMETIC);
  const flags = Object.entries(ARITHMETIC).filter(([, bit]) => o.rflags & bit);
  let flagsShown = false;
  const words: string[] = [];
  if (o.vector !== undefined && !tokens.some((t) => t.startsWith('#'))) words.push(fault(o));
  for (const token of tokens) {
    if (token === 'none' || token in ARITHMETIC) {
      if (!flagsShown) words.push(...(flags.length ? flags.map(([name]) => name) : ['none']));
      flagsShown = true;
    } else if (token.replace('~', '') in OTHER) {
      const name = token.replace('~', '') as keyof typeof OTHER;
      words.push(o.rflags & OTHER[name] ? name : `~${name}`);
    } else if (token.startsWith('#')) {
      words.push(fault(o));
    } else if (token.startsWith('@')) {
      words.push(`@${(Number(o.rip) - (sixteen ? AT - CODE : AT)).toString(16)}`);
    } else if (token.startsWith('[')) {
      words.push(memory(o, token));
    } else {
      const name = token.slice(0, token.indexOf('='));
      words.push(`${name}=${register(o.gpr, name).toString(16)}`);
    }
  }
  return wantsFlags && !flagsShown ? '' : words.join(' ');
}

function fault(o: Outcome): string {
  if (o.vector === undefined) return 'no fault';
  const hasError = o.vector === 8 || (o.vector >= 10 && o.vector <= 14);
  return `${VECTORS[o.vector] ?? `#${o.vector}`}${hasError ? `(${o.error.toString(16)})` : ''}`;
}

function memory(o: Outcome, token: string): string {
  const [, offset, bytes] = /^\[A\+([0-9a-f]+)\]\.(\d)=/.exec(token)!;
  let value = 0n;
  for (let i = Number(bytes) - 1; i >= 0; i--) {
    value = (value << 8n) | BigInt(o.a[Number.parseInt(offset!, 16) + i]!);
  }
  return `[A+${offset}].${bytes}=${value.toString(16)}`;
}

function register(gpr: readonly bigint[], name: string): bigint {
  const numbered = /^r(\d+)$/.exec(name);
  if (numbered) return gpr[Number(numbered[1])]!;
  const n = NAMES.indexOf(name.length === 3 ? name.slice(1) : name);
  if (n >= 0) return BigInt.asUintN(name.length === 2 ? 16 : name[0] === 'e' ? 32 : 64, gpr[n]!);
  const letter = NAMES.findIndex((full) => full[0] === name[0] && full[1] === 'x');
  if (letter < 0 || !/^[a-d][lh]$/.test(name)) throw new Error(`check: no register ${name}`);
  return (gpr[letter]! >> (name[1] === 'h' ? 8n : 0n)) & 0xffn;
}

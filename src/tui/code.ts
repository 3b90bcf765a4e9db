/** The code pane's content: instructions around an address, with names for where they lead. */

import type { SymbolTable } from '../symbols/symbol-table.ts';
import { bitsOf, type CodeLine, type DebugTarget, disassemble } from '../target/index.ts';

export interface Instruction extends CodeLine {
  /** "queue_pop" on a function's first line. */
  readonly label: string | undefined;
  /** Names of the addresses in the text. */
  readonly comment: string;
}

/** Code of a function is decoded from its start, if that is no further away. */
const FUNCTION_BYTES_MAX = 4096n;
const BEFORE = 40;
const AFTER = 80;

export async function codeAround(
  target: DebugTarget,
  symbols: SymbolTable | undefined,
  at: bigint,
): Promise<Instruction[]> {
  const bits = bitsOf(target.registers());
  const read = (from: bigint, length: number) =>
    target.readMemory({ space: 'gva', at: from, length });
  const start = symbols?.locate(at);
  const inside = start && start.offset > 0n && start.offset <= FUNCTION_BYTES_MAX;
  if (inside) {
    const whole = await disassemble({
      ...{ bits, rip: start.start, before: 0, after: AFTER + Number(start.offset), read },
    });
    const here = whole?.findIndex(({ rip }) => rip === at) ?? -1;
    if (whole && here >= 0) {
      return named(whole.slice(Math.max(0, here - BEFORE), here + AFTER), symbols);
    }
  }
  const around = await disassemble({ bits, rip: at, before: BEFORE / 3, after: AFTER, read });
  return named(around ?? [], symbols);
}

function named(code: readonly CodeLine[], symbols: SymbolTable | undefined): Instruction[] {
  return code.map((line) => {
    const located = symbols?.locate(line.rip);
    // The formatter fills branch targets up with zeros.
    const text = line.text.replace(/0x0+(?=[0-9a-f])/g, '0x');
    return {
      ...line,
      text,
      label: located?.offset === 0n ? located.symbol.name : undefined,
      comment: commentOn(line, symbols),
    };
  });
}

function commentOn({ text, rip }: CodeLine, symbols: SymbolTable | undefined): string {
  if (!symbols) return '';
  const names: string[] = [];
  for (const [found] of text.matchAll(/0x0*[0-9a-f]{5,16}/g)) {
    const at = BigInt(found);
    const name = symbols.name(at);
    // A jump inside the function needs no name.
    if (name && symbols.locate(at)?.start !== symbols.locate(rip)?.start) names.push(name);
  }
  return names.join(', ');
}

/** What an instruction does to the flow, by its mnemonic. */
export function flowOf(text: string): 'call' | 'return' | 'interrupt-return' | 'plain' {
  if (/^(?:bnd |notrack )*call\b/.test(text)) return 'call';
  if (/^(?:bnd )?retf?\b/.test(text)) return 'return';
  return /^iret/.test(text) ? 'interrupt-return' : 'plain';
}

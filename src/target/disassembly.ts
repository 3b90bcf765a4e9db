/**
 * The code around an address, as text. Decoding is iced-x86's; x86 cannot be decoded backwards, so
 * what stands before RIP is the longest run of instructions that ends exactly there.
 */

import type { Decoder, Formatter, Instruction } from 'iced-x86';

export interface CodeLine {
  readonly rip: bigint;
  readonly bytes: Uint8Array;
  readonly text: string;
}

export interface CodeRequest {
  readonly bits: 16 | 32 | 64;
  readonly rip: bigint;
  /** Instructions wanted before and from RIP on. */
  readonly before: number;
  readonly after: number;
  /** Guest bytes at a linear address; fewer than asked where the guest has nothing mapped. */
  readonly read: (at: bigint, length: number) => Uint8Array;
}

/** SDM Vol. 2A §2.3.11: "the maximum length of an Intel 64 and IA-32 instruction remains 15 bytes". */
const LENGTH_MAX = 15;

/** Null if nothing is mapped at RIP. */
export async function disassemble(request: CodeRequest): Promise<CodeLine[] | null> {
  const { bits, rip, before, after, read } = request;
  const iced = await import('iced-x86');
  const formatter = new iced.Formatter(iced.FormatterSyntax.Intel);
  formatter.hexPrefix = '0x';
  formatter.hexSuffix = '';
  formatter.uppercaseHex = false;
  formatter.spaceAfterOperandSeparator = true;
  const instruction = new iced.Instruction();
  const decode = (start: bigint, bytes: Uint8Array, limit: number): CodeLine[] => {
    const decoder = new iced.Decoder(bits, bytes, iced.DecoderOptions.None);
    try {
      return lines({ decoder, formatter, instruction, start, bytes, limit });
    } finally {
      decoder.free();
    }
  };
  try {
    const ahead = read(rip, after * LENGTH_MAX);
    if (ahead.length === 0) return null;
    return [...linesBefore(rip, before, read, decode), ...decode(rip, ahead, after)];
  } finally {
    instruction.free();
    formatter.free();
  }
}

type Decode = (start: bigint, bytes: Uint8Array, limit: number) => CodeLine[];

/** The last `count` instructions before RIP, on a decoding that arrives at RIP exactly. */
function linesBefore(
  rip: bigint,
  count: number,
  read: CodeRequest['read'],
  decode: Decode,
): CodeLine[] {
  let span = count * LENGTH_MAX;
  if (rip < BigInt(span)) span = Number(rip);
  const bytes = read(rip - BigInt(span), span);
  // Part of it is not mapped: what comes before RIP may begin anywhere.
  if (bytes.length < span) return [];
  // A start too far back has time to fall into step with the true instructions; most do.
  for (let skip = 0; skip < span; skip++) {
    const start = rip - BigInt(span - skip);
    const found = decode(start, bytes.subarray(skip), Number.POSITIVE_INFINITY);
    const last = found.at(-1);
    const meets = last !== undefined && last.rip + BigInt(last.bytes.length) === rip;
    if (meets && !found.some((line) => line.text === BAD)) return found.slice(-count);
  }
  return [];
}

const BAD = '(bad)';

interface Decoding {
  readonly decoder: Decoder;
  readonly formatter: Formatter;
  readonly instruction: Instruction;
  readonly start: bigint;
  readonly bytes: Uint8Array;
  readonly limit: number;
}

function lines({ decoder, formatter, instruction, start, bytes, limit }: Decoding): CodeLine[] {
  const found: CodeLine[] = [];
  decoder.ip = start;
  while (decoder.canDecode && found.length < limit) {
    const at = decoder.position;
    decoder.decodeOut(instruction);
    found.push({
      rip: BigInt.asUintN(64, start + BigInt(at)),
      bytes: bytes.subarray(at, decoder.position),
      text: instruction.isInvalid ? BAD : formatter.format(instruction),
    });
  }
  return found;
}

/** "  0xffffffff81000000  48 89 e5        mov rbp, rsp", the one at RIP with an arrow. */
export function codeText(code: readonly CodeLine[], rip: bigint): string[] {
  return code.map(({ rip: at, bytes, text }) => {
    const arrow = at === rip ? '->' : '  ';
    const address = at.toString(16).padStart(16, '0');
    return `${arrow} ${address}  ${Buffer.from(bytes).toString('hex').padEnd(22)}  ${text}`;
  });
}

/**
 * Disassembly, exactly as many instructions as asked for, also before an address. x86 cannot be decoded
 * backwards: what comes before is decoded from the start of its function, or else from far enough away
 * that decoding falls into step. What cannot be read is filled up with entries that say so.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { bitsOf, type CodeLine, disassemble } from '../../target/index.ts';
import { ERROR, RequestError } from '../errors.ts';
import type { Family } from '../handler.ts';
import { hex, parsePlace } from '../references.ts';
import type { Session } from '../session.ts';
import type { Standing } from '../standing.ts';

const COUNT_MAX = 10_000;
const LENGTH_MAX = 15;
/** Functions further in than this are decoded from nearer by. */
const FUNCTION_BYTES_MAX = 16_384n;

export const disassembleRequests = {
  disassemble: async (session, args) => {
    const { memoryReference, offset = 0, instructionOffset = 0, instructionCount } = args;
    const { standing } = session;
    const whole = Number.isSafeInteger(instructionCount) && Number.isSafeInteger(instructionOffset);
    if (!whole || instructionCount < 0 || instructionCount > COUNT_MAX) {
      const text = `instructionCount: expected 0 to ${COUNT_MAX}, got ${instructionCount}`;
      throw new RequestError(ERROR.badArguments, text);
    }
    if (Math.abs(instructionOffset) > 4 * COUNT_MAX) {
      throw new RequestError(
        ERROR.badArguments,
        `instructionOffset: ${instructionOffset} is too far`,
      );
    }
    const { space, at } = parsePlace(memoryReference, offset);
    if (space === 'gpa') throw new RequestError(ERROR.badArguments, 'code has a linear address');
    const before = Math.max(0, -instructionOffset);
    const ahead = Math.max(0, instructionOffset + instructionCount);
    const earlier = before > 0 ? await linesBefore(standing, at, before) : [];
    const later = ahead > 0 ? await linesFrom(standing, at, ahead) : [];
    const all = [
      ...padding(earlier[0]?.rip ?? at, before - earlier.length, -1),
      ...earlier,
      ...later,
      ...padding(endOf(later, at), ahead - later.length, 1),
    ];
    // Index `before` is the instruction at the address.
    const first = before + instructionOffset;
    const lines = all.slice(first, first + instructionCount);
    return { instructions: located(session, standing, lines, args.resolveSymbols !== false) };
  },
} satisfies Family<'disassemble'>;

interface Line {
  readonly rip: bigint;
  /** Undefined where nothing is mapped. */
  readonly code?: CodeLine;
}

const reader =
  ({ target }: Standing) =>
  (at: bigint, length: number) =>
    target.readMemory({ space: 'gva', at: BigInt.asUintN(64, at), length });

async function linesFrom(standing: Standing, at: bigint, count: number): Promise<Line[]> {
  const bits = bitsOf(standing.target.registers());
  const read = reader(standing);
  const found = await disassemble({ bits, rip: at, before: 0, after: count, read });
  return (found ?? []).map((code) => ({ rip: code.rip, code }));
}

/** The last `count` in front of an address, as many as can be read. */
async function linesBefore(standing: Standing, at: bigint, count: number): Promise<Line[]> {
  const { program } = standing;
  let found: Line[] = [];
  let to = at;
  // From function start to function start, as far back as is needed.
  while (found.length < count && to > 0n) {
    const start = functionStart(program, to - 1n);
    if (start === undefined || to - start > FUNCTION_BYTES_MAX) break;
    const lines = (await linesFrom(standing, start, Number(to - start))).filter(
      ({ rip, code }) => rip + BigInt(code?.bytes.length ?? 1) <= to,
    );
    const last = lines.at(-1);
    if (!last?.code || last.rip + BigInt(last.code.bytes.length) !== to) break;
    found = [...lines, ...found];
    to = start;
  }
  if (found.length < count && to > 0n) {
    found = [...(await guessedBefore(standing, to, count - found.length)), ...found];
  }
  return found.slice(-count);
}

/** Without symbols: in pieces, each decoded so that it ends where the next begins. */
async function guessedBefore(standing: Standing, at: bigint, count: number): Promise<Line[]> {
  const bits = bitsOf(standing.target.registers());
  const read = reader(standing);
  let found: Line[] = [];
  let to = at;
  while (found.length < count && to > 0n) {
    const readable = readableBefore(read, to, PIECE * LENGTH_MAX);
    const before = Math.min(PIECE, Math.ceil(readable / LENGTH_MAX));
    if (before === 0) break;
    const lines = (await disassemble({ bits, rip: to, before, after: 1, read })) ?? [];
    const earlier = lines.filter(({ rip }) => rip < to).map((code) => ({ rip: code.rip, code }));
    if (earlier.length === 0) break;
    found = [...earlier, ...found];
    to = earlier[0]!.rip;
  }
  return found.slice(-count);
}

const PIECE = 24;

/** Bytes that are mapped just before an address, up to `most`. */
function readableBefore(
  read: (at: bigint, length: number) => Uint8Array,
  to: bigint,
  most: number,
): number {
  const length = to < BigInt(most) ? Number(to) : most;
  const bytes = read(to - BigInt(length), length);
  if (bytes.length === length) return length;
  // The range begins in a page that is not mapped: what there is of the page that `to` is in.
  const inPage = Number((to - 1n) % 4096n) + 1;
  const rest = Math.min(inPage, length);
  return read(to - BigInt(rest), rest).length === rest ? rest - (rest % LENGTH_MAX) : 0;
}

function functionStart(program: Standing['program'], at: bigint): bigint | undefined {
  const known = program
    .functionsAt(at)
    .at(-1)
    ?.ranges.find((r) => at >= r.start && at < r.end);
  if (known) return known.start;
  const name = program.nameOf(at);
  const symbol =
    name === undefined ? undefined : program.addressOf(name.replace(/\+0x[0-9a-f]+$/, ''));
  return symbol !== undefined && symbol <= at ? symbol : undefined;
}

const endOf = (lines: readonly Line[], at: bigint): bigint => {
  const last = lines.at(-1);
  return last ? last.rip + BigInt(last.code?.bytes.length ?? 1) : at;
};

/** Entries for what is not there, byte by byte: each needs an address of its own. */
function padding(from: bigint, count: number, direction: 1 | -1): Line[] {
  if (count <= 0) return [];
  const start = direction > 0 ? from : from - BigInt(count);
  return Array.from({ length: count }, (_, i) => ({ rip: BigInt.asUintN(64, start + BigInt(i)) }));
}

function located(
  session: Session,
  { program }: Standing,
  lines: readonly Line[],
  symbols: boolean,
): DebugProtocol.DisassembledInstruction[] {
  let lastFile: string | undefined;
  let lastLine: number | undefined;
  return lines.map(({ rip, code }) => {
    if (!code) {
      return {
        ...{ address: hex(rip), instruction: 'not mapped', presentationHint: 'invalid' as const },
      };
    }
    const name = symbols ? program.nameOf(rip) : undefined;
    const line = program.lineAt(rip);
    const moved = line && (line.file !== lastFile || line.line !== lastLine);
    // The protocol: a location is of interest where it changes; a file holds on until another comes.
    const location =
      moved && line.file !== lastFile ? session.sources.describe(line.file) : undefined;
    lastFile = line?.file ?? lastFile;
    lastLine = line?.line;
    return {
      address: hex(rip),
      instructionBytes: Buffer.from(code.bytes)
        .toString('hex')
        .replace(/..(?=.)/g, '$& '),
      instruction: named(code.text, program),
      ...(name !== undefined && !name.includes('+') && { symbol: name }),
      ...(location && { location }),
      ...(moved && { line: line.line }),
    };
  });
}

/** "call 0x101234" with the function's name behind it. */
function named(text: string, program: Standing['program']): string {
  const short = text.replace(/0x0+(?=[0-9a-f])/g, '0x');
  const target = /^(?:call|jmp|j[a-z]+)\s+(?:short |near )?0x([0-9a-f]+)$/.exec(short)?.[1];
  const name = target && program.nameOf(BigInt(`0x${target}`));
  return name ? `${short} <${name}>` : short;
}

/**
 * Asks gdb and our own symbols the same questions at the same places of a recording: frames with
 * function, file and line, and the variables of each. gdb looks through the gdb stub at the very target
 * that we look at, so that what differs is how debug information was read.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GdbServer } from '../src/gdbstub/server.ts';
import { AT } from '../src/symbols/dwarf/constants.ts';
import { locationAt } from '../src/symbols/dwarf/location-lists.ts';
import { ProgramFrame } from '../src/symbols/frames.ts';
import type { Frame, Guest, Member, Program, Value } from '../src/symbols/program.ts';
import { declaredIn, nameOf } from '../src/symbols/variables.ts';
import type { DebugTarget } from '../src/target/index.ts';

export interface Agreement {
  marks: number;
  frames: number;
  /** Values of variables and of struct members. */
  values: number;
  /** Values that gdb has and we call optimised out: known to be less, never wrong. */
  less: number;
  /** Values that we know and gdb does not. */
  more: number;
  /**
   * Values from when the function was entered (DW_OP_entry_value), at an inlined call: gdb 13 takes the
   * register as it is now for what it was then, and differs from the enclosing function's parameter.
   */
  entryValues: number;
  /** Backtraces that are not compared to their end: in assembly without CFI gdb stops or guesses. */
  astray: number;
  readonly differences: string[];
  /** What only one of the two knows, for those who want to know why. */
  readonly lesser: string[];
}

interface GdbFrame {
  readonly name: string | null;
  readonly file: string | null;
  readonly line: number;
  readonly pc: string;
  readonly inlined: boolean;
  /** An interrupt's entry: gdb shows the line behind its call instead of the call's. */
  readonly signal: boolean;
  readonly variables: readonly GdbVariable[];
}

interface GdbVariable {
  readonly name: string;
  /** An integer as text; "optimized out"; or nothing for what is no number. */
  readonly value: string | null;
  readonly members: readonly (readonly [string, string])[];
}

const ASK = `
import gdb, json
SCALARS = (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_CHAR)
def number(value):
    try:
        if value.is_optimized_out:
            return "optimized out"
        if value.type.strip_typedefs().code not in SCALARS:
            return None
        return str(int(value))
    except gdb.MemoryError:
        return "unreadable"
    except gdb.error as error:
        return "optimized out" if "optimized out" in str(error) else "error"
def variable(symbol, frame):
    try:
        value = symbol.value(frame)
    except gdb.error:
        return {"name": symbol.name, "value": "error", "members": []}
    members = []
    try:
        kind = value.type.strip_typedefs()
        if kind.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION) and not value.is_optimized_out:
            for field in kind.fields()[:24]:
                if field.name:
                    one = number(value[field])
                    if one is not None:
                        members.append((field.name, one))
    except gdb.error:
        pass
    return {"name": symbol.name, "value": number(value), "members": members}
def variables(frame):
    found = []
    seen = set()
    try:
        block = frame.block()
    except RuntimeError:
        return found
    while block is not None and not block.is_global and not block.is_static:
        for symbol in block:
            # A label that was optimised out passes for a variable.
            is_label = symbol.type is not None and symbol.type.name == "__CORE_ADDR"
            if (symbol.is_variable or symbol.is_argument) and not is_label and symbol.name not in seen:
                seen.add(symbol.name)
                found.append(variable(symbol, frame))
        if block.function:
            break
        block = block.superblock
    return found
def ask(limit):
    out = []
    try:
        frame = gdb.newest_frame()
        while frame is not None and len(out) < limit:
            place = frame.find_sal()
            out.append({
                "name": frame.name(),
                "file": place.symtab.filename if place.symtab else None,
                "line": place.line,
                "pc": str(frame.pc()),
                "inlined": frame.type() == gdb.INLINE_FRAME,
                "signal": frame.type() == gdb.SIGTRAMP_FRAME,
                "variables": variables(frame),
            })
            frame = frame.older()
    except gdb.error:
        pass
    print("ANSWER " + json.dumps(out))
`;

export class Gdb {
  readonly #child: ChildProcess;
  #text = '';
  #waiting: ((line: string) => void) | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout!.setEncoding('utf8');
    child.stdout!.on('data', (part: string) => {
      this.#text += part;
      this.#look();
    });
    child.on('exit', () => this.#waiting?.('ANSWER null'));
  }

  static start(folder: string, commands: readonly string[]): Gdb {
    const script = join(folder, 'ask.py');
    writeFileSync(script, ASK);
    const child = spawn('gdb', ['-nx', '-q'], { stdio: ['pipe', 'pipe', 'ignore'] });
    const gdb = new Gdb(child);
    const settings = ['set confirm off', 'set pagination off', 'set height 0', 'set width 0'];
    for (const line of [...settings, ...commands, `source ${script}`]) gdb.#send(line);
    return gdb;
  }

  async frames(icount: number, limit: number): Promise<GdbFrame[]> {
    // It is there already; but the stub answers from memory until gdb itself has done something.
    this.#send(`monitor seek ${icount}`);
    this.#send('maintenance flush register-cache');
    this.#send('maintenance flush dcache');
    this.#send(`python ask(${limit})`);
    const line = await new Promise<string>((resolve) => {
      this.#waiting = resolve;
      this.#look();
    });
    const found = JSON.parse(line.slice('ANSWER '.length)) as GdbFrame[] | null;
    if (!found) throw new Error(`gdb ended: ${this.#text.slice(-500)}`);
    return found;
  }

  end(): void {
    this.#child.kill();
  }

  #send(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  #look(): void {
    const found = /ANSWER .*\n/.exec(this.#text);
    if (!found || !this.#waiting) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#text = this.#text.slice(found.index + found[0].length);
    waiting(found[0]);
  }
}

export interface AgreementRequest {
  readonly target: DebugTarget;
  readonly guest: Guest;
  readonly program: Program;
  readonly folder: string;
  /** How gdb loads the same symbols. */
  readonly load: readonly string[];
  /** Ascending icounts; those in user mode are passed over. */
  readonly icounts: readonly number[];
  readonly wanted: number;
  readonly limit: number;
  progress?(done: number): void;
}

export async function compareWithGdb(request: AgreementRequest): Promise<Agreement> {
  const { target, guest, program, folder, load, icounts, wanted, limit } = request;
  const server = new GdbServer(target);
  const socket = join(folder, 'gdb.sock');
  await server.listen({ path: socket });
  const found: Agreement = {
    ...{ marks: 0, frames: 0, values: 0, less: 0, more: 0, astray: 0, entryValues: 0 },
    differences: [],
    lesser: [],
  };
  let gdb: Gdb | undefined;
  try {
    for (const icount of icounts) {
      if (found.marks >= wanted) break;
      await target.seekTo(target.resolve(String(icount)));
      // Only where there is something to ask about.
      if (program.functionsAt(guest.register('rip') ?? 0n).length === 0) continue;
      // Connected when the guest is in the mode whose registers gdb will see.
      gdb ??= Gdb.start(folder, [...load, `target remote ${socket}`]);
      compareAt(`icount ${icount}`, await gdb.frames(icount, limit), request, found);
      found.marks++;
      request.progress?.(found.marks);
    }
  } finally {
    gdb?.end();
    await server.close();
  }
  return found;
}

function compareAt(
  where: string,
  theirs: readonly GdbFrame[],
  { guest, program, limit }: AgreementRequest,
  found: Agreement,
): void {
  // gdb does not look for inlined calls in a function that jumped on.
  const ours = program.frames(guest, limit * 2).filter((frame, i, all) => {
    const inner = all[i - 1];
    return frame.by !== 'tail call' || inner?.by !== 'tail call' || inner.pc !== frame.pc;
  });
  let at = 0;
  for (const [i, their] of theirs.entries()) {
    // gdb gives up on jumps where it does not find the target of a call site.
    while (ours[at]?.by === 'tail call' && ours[at]?.pc.toString() !== their.pc) at++;
    const our = ours[at++];
    const what = `${where} frame ${i}`;
    const line = `${their.name} ${their.file}:${their.line} pc ${their.pc}`;
    // Assembly has no CFI in a kernel: gdb guesses there, and goes wrong behind it.
    const guessed = our?.by === 'orc' || (their.file?.endsWith('.S') ?? their.name === null);
    if (guessed && our?.pc.toString() !== their.pc) {
      found.astray++;
      return;
    }
    if (!our) {
      found.differences.push(`${what}: gdb has ${line}, we have none`);
      return;
    }
    const place = our.place;
    const same =
      our.pc.toString() === their.pc &&
      sameName(program, our.function, their.name) &&
      (our.inlined === their.inlined || our.by === 'tail call') &&
      ((place?.line ?? 0) === their.line || their.signal) &&
      baseName(place?.file) === baseName(their.file ?? undefined);
    if (!same) {
      const mine = `${our.function} ${place?.file}:${place?.line} pc ${our.pc}`;
      found.differences.push(`${what}: gdb has ${line}, we have ${mine}`);
      return;
    }
    found.frames++;
    const entry = (name: string): boolean => our.inlined && usesEntryValue(our, name);
    compareVariables(what, their.variables, variablesOf(program, guest, our), entry, found);
  }
  if (ours.length > theirs.length) found.astray++;
}

/** Two names of one place, memmove and __memmove, are the same. */
const sameName = (program: Program, ours: string | undefined, theirs: string | null): boolean =>
  ours === theirs ||
  (ours !== undefined && theirs !== null && program.addressOf(ours) === program.addressOf(theirs));

function variablesOf(program: Program, guest: Guest, frame: Frame): readonly Member[] {
  return program
    .scopes({ guest, frame })
    .filter(({ expensive }) => !expensive)
    .flatMap(({ variables }) => variables);
}

const ENTRY_VALUE = [0xa3, 0xf3];

function usesEntryValue(frame: Frame, name: string): boolean {
  if (!(frame instanceof ProgramFrame) || !frame.image) return false;
  const linked = frame.image.toLinked(frame.lookup);
  return frame.scopes
    .flatMap((scope) => declaredIn(scope))
    .filter((die) => nameOf(die) === name)
    .some((die) => {
      const bytes = locationAt(die, AT.LOCATION, linked, undefined) ?? [];
      return bytes.some((byte) => ENTRY_VALUE.includes(byte));
    });
}

function compareVariables(
  where: string,
  theirs: readonly GdbVariable[],
  ours: readonly Member[],
  usesEntry: (name: string) => boolean,
  found: Agreement,
): void {
  for (const { name, value, members } of theirs) {
    const own = ours.find((one) => one.name === name)?.value;
    if (!own) {
      found.differences.push(`${where}: gdb has a variable ${name} = ${value}, we have none`);
      continue;
    }
    if (usesEntry(name)) {
      found.entryValues++;
      continue;
    }
    if (value !== null) compareValue(`${where} ${name}`, value, own, found);
    const children = members.length > 0 ? own.children(0, 64) : [];
    for (const [field, text] of members) {
      const child = children.find((one) => one.name === field);
      if (child) compareValue(`${where} ${name}.${field}`, text, child.value, found);
      else found.differences.push(`${where}: gdb has ${name}.${field}, we have none`);
    }
  }
}

function compareValue(where: string, theirs: string, ours: Value, found: Agreement): void {
  const mine = ours.state === 'known' ? `${ours.integer}` : ours.state;
  found.values++;
  if (theirs === 'optimized out') {
    if (ours.state === 'known' && ours.integer !== undefined) {
      found.more++;
      found.lesser.push(`${where}: gdb has ${theirs}, we have ${mine}`);
    }
  } else if (theirs === 'unreadable' || theirs === 'error') {
    if (ours.state === 'known') found.more++;
  } else if (ours.state === 'optimised out') {
    found.less++;
    found.lesser.push(`${where}: gdb has ${theirs}`);
  } else if (mine !== theirs) {
    found.differences.push(`${where}: gdb has ${theirs}, we have ${mine}`);
  }
}

const baseName = (path: string | undefined): string => path?.split('/').at(-1) ?? '';

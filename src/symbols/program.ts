/**
 * What a debugger asks about the program a guest runs: places, functions, frames, variables, values.
 * `openProgram` (open.ts) makes one from files. Addresses are the guest's own, moved by KASLR or not;
 * file names are those of the person who debugs (`sourceFileMap`), not those of the build.
 *
 * All of it looks and nothing writes: what an assignment would write comes back as edits.
 */

/** The guest at the cursor. Looking has no side effects on it. */
export interface Guest {
  readonly bits: 16 | 32 | 64;
  /** Guest virtual memory: as much as is mapped from the start of the range, maybe nothing. */
  readMemory(at: bigint, length: number): Uint8Array;
  /**
   * By gdb's name in lower case: rax, rip, eflags, cs, fs_base, gs_base, cr3, xmm0 (128 bits), st0
   * (80 bits). Undefined for one it does not know.
   */
  register(name: string): bigint | undefined;
  /** What `@icount` is; expressions with it fail without. */
  readonly icount?: bigint;
}

/** Why a question has no answer: one line, for the person who asked. */
export class SymbolError extends Error {
  override readonly name: string = 'SymbolError';
}

/** An expression that means nothing here. */
export class ExpressionError extends SymbolError {
  override readonly name = 'ExpressionError';
  /** Where in the text, counted from 1. */
  readonly column: number;

  constructor(message: string, column: number) {
    super(`${message} (column ${column})`);
    this.column = column;
  }
}

export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  /** 0 where the compiler did not say. */
  readonly column: number;
}

/** A row of the line table: the code of one place, as far as it goes without interruption. */
export interface SourceLine extends SourcePlace {
  readonly start: bigint;
  readonly end: bigint;
  /** A good place to stop: the compiler marks where a statement begins. */
  readonly isStatement: boolean;
}

/** Where a breakpoint on a line goes: several addresses where the line was inlined or unrolled. */
export interface LineAddresses extends SourcePlace {
  /** The line that has code: the one asked for, or the next that does. Ascending addresses. */
  readonly addresses: readonly bigint[];
}

export interface AddressRange {
  readonly start: bigint;
  /** The first address behind it. */
  readonly end: bigint;
}

export interface ProgramFunction {
  readonly name: string;
  /** Where it is written; undefined for a symbol without debug information. */
  readonly declared: SourcePlace | undefined;
  /** Not a function of its own here but the copy at a call. */
  readonly inlined: boolean;
  /** Of an inlined copy: where it is called. */
  readonly calledFrom: SourcePlace | undefined;
  /** More than one where the compiler split off the cold part. The first holds the entry. */
  readonly ranges: readonly AddressRange[];
  readonly entry: bigint;
  /** Behind the prologue, where parameters can be read: where a function breakpoint goes. */
  readonly body: bigint;
}

export interface Frame {
  /** 0 is the innermost. */
  readonly index: number;
  readonly pc: bigint;
  /** What is looked up: `pc`, or the call before it where `pc` is a return address. */
  readonly lookup: bigint;
  /** From debug information or else from the symbol table. */
  readonly function: string | undefined;
  /** Of an inlined call: the place inside; of the frame around it: the place of the call. */
  readonly place: SourcePlace | undefined;
  /** An inlined call: it has `pc` and registers in common with the next frame out. */
  readonly inlined: boolean;
  /** The code was interrupted here, by an interrupt or exception; it made no call. */
  readonly interrupted: boolean;
  /**
   * How this frame was found, innermost: 'registers'. A 'tail call' has left no frame: the function was
   * there, as call sites tell, and jumped to the next.
   */
  readonly by: 'registers' | 'cfi' | 'orc' | 'frame pointer' | 'tail call';
  /** The canonical frame address: RSP before the call. Tells activations apart. */
  readonly cfa: bigint | undefined;
  /** As the frame has them; undefined where its callees did not keep it. Names as in `Guest`. */
  register(name: string): bigint | undefined;
}

export interface Scope {
  readonly name: string;
  readonly kind: 'arguments' | 'locals' | 'statics' | 'registers';
  /** Costs more than a scope should when a frame is opened. */
  readonly expensive: boolean;
  readonly variables: readonly Member[];
}

/** What an assignment would do to the guest. */
export type Edit =
  | { readonly kind: 'memory'; readonly at: bigint; readonly bytes: Uint8Array }
  | { readonly kind: 'register'; readonly name: string; readonly value: bigint };

export interface FormatOptions {
  /** Integers in hexadecimal. */
  readonly hex?: boolean;
}

export interface Value {
  /** As C writes it: "struct job *". */
  readonly type: string;
  /**
   * 'known': all of it is. 'partly': some of its pieces are optimised out. 'optimised out': the
   * compiler kept none of it here. 'unreadable': its memory is not mapped.
   */
  readonly state: 'known' | 'partly' | 'optimised out' | 'unreadable';
  /** On one line, as people read it. Says what it is where it is not known. */
  format(options?: FormatOptions): string;
  /** Where it is in memory; undefined in registers, constants and computed values. */
  readonly address: bigint | undefined;
  /** In bytes; undefined for functions and incomplete types. */
  readonly size: number | undefined;
  /** What a pointer points to, or where an array, struct or function is: for a memory view. */
  readonly reference: bigint | undefined;
  /** Of a number, pointer, enum, boolean: for conditions. */
  readonly integer: bigint | undefined;
  /** Fields and the like, and array elements. Nothing is read before `children` is called. */
  readonly named: number;
  readonly indexed: number;
  /** Fields come first, then elements. */
  children(start?: number, count?: number): readonly Member[];
  /** Has a place it can be written to. */
  readonly assignable: boolean;
}

export interface Member {
  readonly name: string;
  readonly value: Value;
  /** An expression that means the same, in the frame it came from; undefined where there is none. */
  readonly expression: string | undefined;
}

/** Where an expression is read. Without a frame there are only globals. */
export interface EvaluationContext {
  readonly guest: Guest;
  readonly frame?: Frame;
}

/** One loaded file. */
export interface ProgramImage {
  /** "vmlinux", "ext4". */
  readonly name: string;
  readonly path: string;
  /** Where its debug information comes from, if from anywhere. */
  readonly debugPath: string | undefined;
  readonly buildId: string | undefined;
  /** How far the guest moved it from where it was linked. */
  readonly slide: bigint;
  readonly ranges: readonly AddressRange[];
}

export interface PrepareControl {
  progress?(share: number, what: string): void;
  cancelled?(): boolean;
}

export interface Program {
  readonly images: readonly ProgramImage[];

  /**
   * Builds (or reads from the user's cache) the index over names and files in slices, for questions by
   * name to be fast. Without it the first such question does it in one go.
   */
  prepare(control?: PrepareControl): Promise<void>;

  /** Line 0, code that belongs to no line, is undefined. */
  lineAt(at: bigint): SourceLine | undefined;
  /** The line's neighbouring rows in the same function, as one range: what a step stays inside. */
  stepRange(at: bigint): AddressRange | undefined;
  /** `file`: a path of the user's or of the build's, or the end of one. Undefined without code there. */
  addressesOf(file: string, line: number, column?: number): LineAddresses | undefined;
  /** Lines with code, ascending. */
  linesOf(file: string): readonly number[];
  files(): readonly string[];

  /** Innermost inlined call first, the function itself last. Empty where nothing is known. */
  functionsAt(at: bigint): readonly ProgramFunction[];
  /** Functions and inlined copies; one name may mean several. */
  functionsNamed(name: string): readonly ProgramFunction[];
  /** "queue_pop+0x3b". */
  nameOf(at: bigint): string | undefined;
  addressOf(symbol: string): bigint | undefined;

  /** Innermost first; stops at `limit` or where nothing is known any more. */
  frames(guest: Guest, limit?: number): readonly Frame[];
  scopes(context: EvaluationContext): readonly Scope[];
  /** Throws `ExpressionError`. */
  evaluate(expression: string, context: EvaluationContext): Value;
  /** What `target = value` would write, both as text. Throws `ExpressionError`. */
  assign(target: string, value: string, context: EvaluationContext): readonly Edit[];
  /** Names, members, registers that can follow `text`, whose end is where the cursor is. */
  complete(text: string, context: EvaluationContext, limit?: number): readonly Completion[];

  /**
   * Looks where the guest has its kernel (KASLR) and which modules it has loaded, now. True if images
   * came, went or moved; what was answered before then is out of date.
   */
  locate(guest: Guest): boolean;
  close(): void;
}

/** A path, or a file that is at hand already. */
export type SymbolFile = string | { readonly name: string; readonly bytes: Uint8Array };

export interface ProgramOptions {
  /** ELF files with or without debug information, System.map, kallsyms. The first is the kernel. */
  readonly files: readonly SymbolFile[];
  /** Where to look for separate debug files and modules, besides the usual places. */
  readonly debugDirectories?: readonly string[];
  /** Prefixes of paths as built → as they are here. */
  readonly sourceFileMap?: Readonly<Record<string, string>>;
  /** If known, maybe from where a symbol was linked; else `locate` finds it. */
  readonly slide?:
    | bigint
    | ((linked: (symbol: string) => bigint | undefined) => bigint | undefined);
  /** Folder for indexes; false for none. Default: `retrovisor/symbols` in the user's cache. */
  readonly cache?: string | false;
}

export interface Completion {
  /** Replaces `replace` characters before the cursor. */
  readonly text: string;
  readonly replace: number;
  readonly kind: 'member' | 'variable' | 'function' | 'type' | 'register' | 'keyword';
}

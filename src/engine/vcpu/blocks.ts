/**
 * The block cache: guest code decoded into records, found by physical address and mode. Blocks stay
 * within a page, except that one whose only instruction reaches into the next page belongs to both.
 * Writes to a page that holds code come here first and take away the blocks they touch.
 *
 * Records are written into an arena of parts, one part after the other. When the next part begins
 * its blocks go, the oldest there are: a bounded piece of work, and all other code stays.
 */

import type { Decoder } from '../decode/decoder.ts';
import type { Instruction } from '../decode/instruction.ts';
import { type Mode, modeOfKey } from '../decode/mode.ts';
import * as R from '../decode/record.ts';
import { type Handlers, segmentationOf } from '../interp/handlers.ts';
import {
  HANDLER_BREAK,
  HANDLER_CONTINUE,
  HANDLER_COUNT,
  HANDLER_INVALID,
  HANDLER_LIMIT,
  HANDLER_MICROCODE,
  HANDLER_RAISE,
  HANDLER_STRADDLE,
} from '../interp/module.ts';
import * as L from './layout.ts';

/** A block's length is bounded so that LEFT is charged in small portions. */
const INSTRUCTIONS_MAX = 32;
const PAGE = 4096;
/** A block of instructions with a breakpoint before each, and the records that go around it. */
const BLOCK_BYTES_MAX = (INSTRUCTIONS_MAX + 4) * 2 * R.RECORD_BYTES;
/** Parts of the arena: some 220 KB each, whose blocks are dropped in about two milliseconds. */
const PARTS = 256;
/** Below that what makes room costs more than what it drops; but two parts there are. */
const PART_BYTES_MIN = 1 << 16;
const ARENA_BYTES_MIN = 2 * BLOCK_BYTES_MAX;
/** No linear address. */
const ANYWHERE = -1n;

export interface Block {
  /** First record. */
  readonly ip: number;
  readonly records: number;
  readonly page: number;
  readonly offset: number;
  /** One past its last byte; beyond 4096 in a block that straddles. */
  readonly end: number;
  readonly key: number;
  /** Page of the bytes beyond 4096, or -1. */
  readonly second: number;
  /** Instructions in it; 0 if it holds records that only the interpreter understands. */
  readonly plain: number;
  /** Its last record may hold links to other blocks of its page. */
  readonly links: boolean;
}

type Item = Instruction | { readonly fault: number; readonly length: number };

export class Blocks {
  /** Instructions that microcode executes, by record. */
  readonly instructions = new Map<number, Instruction>();
  readonly #u8: Uint8Array;
  readonly #u16: Uint16Array;
  readonly #u32: Uint32Array;
  readonly #i32: Int32Array;
  readonly #u64: BigUint64Array;
  readonly #decoder: Decoder;
  readonly #handlers: Handlers;
  readonly #onCodePage: () => void;
  readonly #pages = new Map<number, Block[]>();
  readonly #byKey = new Map<number, Block>();
  readonly #byRecord = new Map<number, Block>();
  /** Does the block being written hold nothing but instructions? */
  #plain = true;
  /** Is there a JIT that wants to know how often blocks run? */
  counting = false;
  /** Called before a block's records go. */
  onDrop: (block: Block) => void = () => {};
  /** Called before everything goes. */
  onFlush: () => void = () => {};
  #next = L.ARENA;
  /** Blocks in the order in which they were written, by part; some may be gone. */
  readonly #parts: Block[][];
  readonly #partBytes: number;
  #part = 0;
  /** Breakpoints by their linear page. */
  readonly #breaks = new Map<bigint, bigint[]>();
  /**
   * Pages of RAM that have been entered by a linear page with breakpoints: where in them break records
   * go, and for which linear address; ANYWHERE if for more than one.
   */
  readonly #armed = new Map<number, Map<number, bigint>>();

  /** `onCodePage`: a page has become one of code, no write to it may go unseen from now on. */
  constructor(
    memory: ArrayBuffer,
    decoder: Decoder,
    handlers: Handlers,
    onCodePage: () => void,
    arenaBytes = L.ARENA_END - L.ARENA,
  ) {
    this.#onCodePage = onCodePage;
    this.#u8 = new Uint8Array(memory);
    this.#u16 = new Uint16Array(memory, 0, L.RAM_BASE >> 1);
    this.#u32 = new Uint32Array(memory, 0, L.RAM_BASE >> 2);
    this.#i32 = new Int32Array(memory, 0, L.RAM_BASE >> 2);
    this.#u64 = new BigUint64Array(memory, 0, L.RAM_BASE >> 3);
    this.#decoder = decoder;
    this.#handlers = handlers;
    if (arenaBytes < ARENA_BYTES_MIN || arenaBytes > L.ARENA_END - L.ARENA) {
      throw new RangeError(`blocks: an arena of ${arenaBytes} bytes`);
    }
    const parts = Math.max(2, Math.min(PARTS, Math.floor(arenaBytes / PART_BYTES_MIN)));
    this.#partBytes = Math.floor(arenaBytes / parts / R.RECORD_BYTES) * R.RECORD_BYTES;
    this.#parts = Array.from({ length: parts }, () => []);
  }

  /**
   * The block at an offset of a page of RAM, decoded now if it has to be. 'straddle': its first
   * instruction reaches into the next page, call `straddle`. 'full': call `makeRoom` first.
   */
  at(page: number, offset: number, key: number): number | 'straddle' | 'full' {
    const known = this.#byKey.get(blockKey(page, offset, key));
    if (known) {
      if (known.second >= 0 || known.end > PAGE) return 'straddle';
      this.#enterHash(known);
      return known.ip;
    }
    if (this.#full) return 'full';
    const mode = modeOfKey(key);
    const start = L.RAM_BASE + page * PAGE;
    const items: Item[] = [];
    let at = offset;
    while (items.length < INSTRUCTIONS_MAX && at < PAGE) {
      const decoded = this.#decoder.decode(this.#u8, start + at, start + PAGE, mode, at);
      if (decoded === 'more') break;
      items.push(decoded);
      at += decoded.length;
      if ('fault' in decoded || endsBlock(decoded)) break;
    }
    if (!items.length) return 'straddle';
    return this.#write(page, offset, key, mode, items, -1);
  }

  /** How many instructions from the start of a block, at RIP, lie within the code segment's limit. */
  fitting(block: number, rip: bigint, limit: number): number {
    let end = rip;
    let fits = 0;
    for (let ip = block; ; ip += R.RECORD_BYTES) {
      const length = this.#u8[ip + R.REC_LENGTH]!;
      // Records of length zero are checks; one that counts nothing either is the block's end.
      if (!length && this.#u8[ip + R.REC_REMAINING] === 0) return fits;
      end += BigInt(length);
      if (length && end - 1n > BigInt(limit)) return fits;
      if (length) fits++;
    }
  }

  /** The block of the one instruction that begins in `page` and ends in `second` (-1: no RAM). */
  straddle(page: number, offset: number, key: number, second: number): number | 'full' {
    const known = this.#byKey.get(blockKey(page, offset, key));
    if (known) {
      if (known.second === second) return known.ip;
      this.#drop(known);
    }
    if (this.#full) return 'full';
    const mode = modeOfKey(key);
    const bytes = new Uint8Array(32).fill(0xff);
    const first = PAGE - offset;
    const start = L.RAM_BASE + page * PAGE;
    bytes.set(this.#u8.subarray(start + offset, start + PAGE));
    if (second >= 0) {
      const rest = L.RAM_BASE + second * PAGE;
      bytes.set(this.#u8.subarray(rest, rest + 32 - first), first);
    }
    const decoded = this.#decoder.decode(bytes, 0, 32, mode, offset);
    if (decoded === 'more') throw new Error('blocks: 32 bytes do not hold an instruction');
    return this.#write(page, offset, key, mode, [decoded], second);
  }

  /** The block whose first record this is. */
  byRecord(ip: number): Block | undefined {
    return this.#byRecord.get(ip);
  }

  /** The blocks that lie in a page, in no particular order. */
  inPage(page: number): readonly Block[] {
    return this.#pages.get(page) ?? [];
  }

  /** Decodes a plain block's instructions again. */
  decode(block: Block): Instruction[] {
    const mode = modeOfKey(block.key);
    const start = L.RAM_BASE + block.page * PAGE;
    const instructions: Instruction[] = [];
    let at = block.offset;
    while (instructions.length < block.plain) {
      const decoded = this.#decoder.decode(this.#u8, start + at, start + PAGE, mode, at);
      if (decoded === 'more' || 'fault' in decoded) {
        throw new Error(`blocks: page ${block.page} offset ${at} no longer holds an instruction`);
      }
      instructions.push(decoded);
      at += decoded.length;
    }
    return instructions;
  }

  /** Do any of these bytes of RAM belong to a block for which `test` holds? */
  some(gpa: number, bytes: number, test: (block: Block) => boolean): boolean {
    const page = Math.floor(gpa / PAGE);
    const from = gpa % PAGE;
    return this.inPage(page).some((block) => {
      const [start, end] = extent(block, page);
      return start < from + bytes && from < end && test(block);
    });
  }

  /** Takes away the blocks decoded from these bytes of RAM. */
  invalidate(gpa: number, bytes: number): void {
    const page = Math.floor(gpa / PAGE);
    const list = this.#pages.get(page);
    if (!list) return;
    const from = gpa % PAGE;
    const to = from + bytes;
    for (const block of list.slice()) {
      const [start, end] = extent(block, page);
      if (start < to && from < end) this.#drop(block);
    }
  }

  /** Forgets everything. Nothing may be executing. */
  flush(): void {
    this.onFlush();
    this.instructions.clear();
    this.#byRecord.clear();
    for (const page of this.#pages.keys()) this.#u8[L.PAGE_FLAGS + page]! &= ~L.PAGE_CODE;
    this.#pages.clear();
    this.#byKey.clear();
    for (const part of this.#parts) part.length = 0;
    this.#part = 0;
    this.#next = L.ARENA;
    const cache = L.JUMP_CACHE_ENTRIES * L.JUMP_CACHE_STRIDE;
    this.#u8.fill(0xff, L.JUMP_CACHE, L.JUMP_CACHE + cache);
    this.#u8.fill(0, L.BLOCK_HASH, L.BLOCK_HASH + L.BLOCK_HASH_ENTRIES * 16);
  }

  /** Is there no room for another block in the part that is being written? */
  get #full(): boolean {
    return this.#next + BLOCK_BYTES_MAX > L.ARENA + (this.#part + 1) * this.#partBytes;
  }

  /** Begins the next part of the arena; what it held goes. Nothing may be executing. */
  makeRoom(): void {
    this.#part = (this.#part + 1) % this.#parts.length;
    const from = L.ARENA + this.#part * this.#partBytes;
    const to = from + this.#partBytes;
    this.#next = from;
    const old = this.#parts[this.#part]!;
    if (!old.length) return;
    const pages = new Set<number>();
    for (const block of old) {
      // Links to what was dropped long ago have led to an invalid record so far.
      pages.add(block.page);
      if (this.#byRecord.get(block.ip) === block) this.#drop(block);
    }
    old.length = 0;
    // A record written here next is no longer what others may still think it is.
    const cut = (at: number): void => {
      if (this.#u32[at]! >= from && this.#u32[at]! < to) this.#u32[at] = 0;
    };
    for (const page of pages) {
      for (const { ip, records, links } of this.inPage(page)) {
        if (!links) continue;
        const last = ip + (records - 1) * R.RECORD_BYTES;
        cut((last + R.REC_TAKEN) >> 2);
        cut((last + R.REC_NOT_TAKEN) >> 2);
      }
    }
    for (let i = 0; i < L.JUMP_CACHE_ENTRIES; i++) {
      const entry = L.JUMP_CACHE + i * L.JUMP_CACHE_STRIDE;
      const ip = this.#u32[(entry + L.JUMP_CACHE_BLOCK) >> 2]!;
      if (ip >= from && ip < to) this.#u8.fill(0xff, entry, entry + L.JUMP_CACHE_STRIDE);
    }
  }

  /**
   * Breakpoints by linear address. Which pages of RAM they lie on shows when `arm` hears of the pages:
   * the caller drops the execute TLB, so that it does. Other pages keep their blocks.
   */
  setBreaks(points: readonly bigint[]): void {
    for (const [page, armed] of this.#armed) {
      for (const offset of armed.keys()) this.invalidate(page * PAGE + offset, 1);
    }
    this.#armed.clear();
    this.#breaks.clear();
    this.#u32[L.BREAKS >> 2] = points.length > 0 ? 1 : 0;
    for (const gva of points) {
      const page = gva >> 12n;
      const others = this.#breaks.get(page);
      if (others) others.push(gva);
      else this.#breaks.set(page, [gva]);
    }
  }

  /** A page of RAM is about to be executed at a linear address. */
  arm(linear: bigint, page: number): void {
    const points = this.#breaks.size > 0 ? this.#breaks.get(linear >> 12n) : undefined;
    if (!points) return;
    let armed = this.#armed.get(page);
    if (!armed) {
      armed = new Map();
      this.#armed.set(page, armed);
    }
    for (const gva of points) {
      const offset = Number(gva & 0xfffn);
      const known = armed.get(offset);
      if (known === gva || known === ANYWHERE) continue;
      armed.set(offset, known === undefined ? gva : ANYWHERE);
      this.invalidate(page * PAGE + offset, 1);
    }
  }

  #drop(block: Block): void {
    this.onDrop(block);
    this.#byRecord.delete(block.ip);
    this.#byKey.delete(blockKey(block.page, block.offset, block.key));
    const hashed = this.#hashEntry(block.page, block.offset);
    if (this.#u32[hashed + 2] === block.ip) this.#u32[hashed + 2] = this.#u32[hashed] = 0;
    for (let i = 0; i < block.records; i++) {
      const ip = block.ip + i * R.RECORD_BYTES;
      this.#setHandler(ip, HANDLER_INVALID);
      // Execution that arrives at a record of length zero is not an instruction's.
      this.#u8[ip + R.REC_LENGTH] = 0;
      this.instructions.delete(ip);
    }
    for (const page of block.second >= 0 ? [block.page, block.second] : [block.page]) {
      const list = this.#pages.get(page)!;
      list.splice(list.indexOf(block), 1);
      if (!list.length) {
        this.#pages.delete(page);
        this.#u8[L.PAGE_FLAGS + page]! &= ~L.PAGE_CODE;
      }
    }
  }

  #write(
    page: number,
    offset: number,
    key: number,
    mode: Mode,
    items: readonly Item[],
    second: number,
  ): number {
    const first = this.#next;
    this.#plain = true;
    let at = offset;
    let remaining = items.length;
    if (mode.codeSize !== 8 && !mode.flat) {
      const end = offset + items.reduce((sum, i) => sum + i.length, 0);
      this.#special(HANDLER_LIMIT, offset, remaining, end - 1);
    }
    if (offset + items[0]!.length > PAGE) {
      const pointer = second >= 0 ? L.RAM_BASE + second * PAGE : 1;
      this.#special(HANDLER_STRADDLE, offset, remaining, pointer);
    }
    const armed = this.#armed.get(page);
    for (const item of items) {
      const gva = armed?.get(at);
      if (gva !== undefined) this.#breakRecord(at, remaining, gva);
      if ('fault' in item) {
        this.#special(HANDLER_RAISE, at, remaining, item.fault);
        this.#u8[this.#next - R.RECORD_BYTES + R.REC_LENGTH] = item.length;
      } else {
        this.#instruction(item, at, remaining, mode);
      }
      at += item.length;
      remaining--;
    }
    const last = items[items.length - 1]!;
    const continues = !('fault' in last) && !endsBlock(last);
    if (continues) this.#special(HANDLER_CONTINUE, at, 0, 0);
    const block: Block = {
      ip: first,
      records: (this.#next - first) / R.RECORD_BYTES,
      page,
      offset,
      end: at,
      key,
      second: at > PAGE ? second : -1,
      plain: this.#plain ? items.length : 0,
      links: continues || (!('fault' in last) && isLinked(last)),
    };
    this.#byRecord.set(first, block);
    this.#parts[this.#part]!.push(block);
    if (block.second < 0 && at <= PAGE) this.#enterHash(block);
    // The first record counts executions until the JIT takes the block.
    if (this.#plain && this.counting) this.#u16[first >> 1] = HANDLER_COUNT;
    this.#byKey.set(blockKey(page, offset, key), block);
    for (const p of block.second >= 0 ? [page, block.second] : [page]) {
      let list = this.#pages.get(p);
      if (!list) {
        list = [];
        this.#pages.set(p, list);
        this.#u8[L.PAGE_FLAGS + p]! |= L.PAGE_CODE;
        this.#onCodePage();
      }
      list.push(block);
    }
    return first;
  }

  #hashEntry(page: number, offset: number): number {
    const pointer = L.RAM_BASE + page * PAGE + offset;
    const hash = (pointer ^ (pointer >>> 11)) & (L.BLOCK_HASH_ENTRIES - 1);
    return (L.BLOCK_HASH >> 2) + hash * 4;
  }

  #enterHash(block: Block): void {
    const entry = this.#hashEntry(block.page, block.offset);
    this.#u32[entry] = L.RAM_BASE + block.page * PAGE + block.offset;
    this.#u32[entry + 1] = block.key;
    this.#u32[entry + 2] = block.ip;
  }

  #setHandler(ip: number, handler: number): void {
    this.#u16[ip >> 1] = handler;
    this.#u16[(ip + R.REC_INTERPRET) >> 1] = handler;
    this.#u16[L.counterOf(ip) >> 1] = 0;
  }

  #special(handler: number, offset: number, remaining: number, imm: number): void {
    const ip = this.#next;
    this.#next += R.RECORD_BYTES;
    this.#u8.fill(0, ip, ip + R.RECORD_BYTES);
    this.#setHandler(ip, handler);
    if (handler !== HANDLER_CONTINUE) this.#plain = false;
    this.#u8[ip + R.REC_REMAINING] = remaining;
    this.#u16[(ip + R.REC_OFFSET) >> 1] = offset;
    this.#u32[(ip + R.REC_IMM) >> 2] = handler === HANDLER_CONTINUE ? 0 : imm;
  }

  #breakRecord(offset: number, remaining: number, gva: bigint): void {
    this.#special(HANDLER_BREAK, offset, remaining, 0);
    const ip = this.#next - R.RECORD_BYTES;
    this.#u64[(ip + R.REC_IMM) >> 3] = BigInt.asUintN(64, gva);
    this.#i32[(ip + R.REC_DISP) >> 2] = gva === ANYWHERE ? 1 : 0;
  }

  #instruction(insn: Instruction, offset: number, remaining: number, mode: Mode): void {
    const ip = this.#next;
    this.#next += R.RECORD_BYTES;
    const { row } = insn;
    if (row.emit) {
      const segmentation = segmentationOf(insn.form, mode.codeSize, mode.flat);
      this.#setHandler(ip, this.#handlers.find(insn, segmentation));
    } else {
      this.#setHandler(ip, HANDLER_MICROCODE);
    }
    if (row.microcode || row.slow) this.instructions.set(ip, insn);
    this.#u8[ip + R.REC_REMAINING] = remaining;
    this.#u8[ip + R.REC_LENGTH] = insn.length;
    this.#u16[(ip + R.REC_OFFSET) >> 1] = offset;
    for (let i = 0; i < 3; i++) this.#u16[(ip + R.REC_REG + 2 * i) >> 1] = insn.regs[i]!;
    this.#u8[ip + R.REC_SCALE] = insn.scale;
    const long = mode.codeSize === 8;
    const slot = long && insn.segment < L.FS ? L.FLAT : insn.segment;
    this.#u8[ip + R.REC_SEGMENT] = slot | (insn.stackFault ? R.SEGMENT_STACK : 0);
    this.#u16[(ip + R.REC_BASE) >> 1] = insn.base;
    this.#u16[(ip + R.REC_INDEX) >> 1] = insn.index;
    const relative = row.ops.startsWith('J');
    const disp = relative ? Number(insn.imm) : insn.form === 'reg' ? insn.imm2 : insn.disp;
    this.#i32[(ip + R.REC_DISP) >> 2] = disp;
    this.#u64[(ip + R.REC_IMM) >> 3] = relative ? 0n : BigInt.asUintN(64, insn.imm);
  }
}

/** Must this instruction be the last of its block? */
export function endsBlock(insn: Instruction): boolean {
  if (insn.rep !== 'none') return true;
  return insn.row.ends ?? insn.row.emit === undefined;
}

/** May the record of this last instruction of a block hold links, where others have an immediate? */
const isLinked = (insn: Instruction): boolean =>
  insn.row.emit !== undefined && !insn.row.ops.includes('I');

/** The bytes of a page that a block covers: from, to. */
const extent = (block: Block, page: number): readonly [number, number] =>
  block.page === page ? [block.offset, Math.min(block.end, PAGE)] : [0, block.end - PAGE];

const blockKey = (page: number, offset: number, key: number): number =>
  (page * PAGE + offset) * 256 + key;

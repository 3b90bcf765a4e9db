/**
 * Where everything lies in the one linear memory of a vCPU: the generated code, the microcode and
 * the checkpoints all use these offsets. Registers are little-endian, so AL is at the register's
 * offset, AH one above it, and byte or word registers are plain offsets.
 */

/** GPRs: 16 of 8 bytes, in the order instructions encode them. */
export const GPR = 0x000;
export const RAX = GPR;
export const RCX = GPR + 0x08;
export const RDX = GPR + 0x10;
export const RBX = GPR + 0x18;
export const RSP = GPR + 0x20;
export const RBP = GPR + 0x28;
export const RSI = GPR + 0x30;
export const RDI = GPR + 0x38;
export const R11 = GPR + 0x58;
/** Always zero: the base or index of an address that has none. */
export const ZERO = 0x080;
/**
 * RIP of the page now executing: RIP of an instruction minus its offset in the page. RIP-relative
 * addresses are relative to it, and it changes only when execution changes pages.
 */
export const RIP_PAGE = 0x088;
/** RIP, up to date whenever generated code is not running. */
export const RIP = 0x090;
/** What RIP wraps at: 0xFFFF, 0xFFFFFFFF or all ones, by code size. */
export const RIP_MASK = 0x098;

/** Lazy flags, see flags.ts. */
export const CC_OP = 0x0a0; // u32
export const EFLAGS = 0x0a4; // u32, all but OF SF ZF AF PF CF; bit 1 set
export const CC_A = 0x0a8;
export const CC_B = 0x0b0;
export const CC_R = 0x0b8;

/** Instructions left until generated code must stop. */
export const LEFT = 0x0c0; // i32
/** Why generated code stopped: a STATUS_ value. */
export const STATUS = 0x0c4; // u32
/** The record at which it stopped, 0 where there is none. */
export const STOP_AT = 0x0c8; // u32
/** Vector and error code of a fault to deliver, with STATUS_FAULT. */
export const FAULT_VECTOR = 0x0cc; // u32
export const FAULT_ERROR = 0x0d0; // u32
/** The unanswered access, with STATUS_MMIO. */
export const MMIO_GPA = 0x0d8; // i64
export const MMIO_SIZE = 0x0e0; // u32
export const MMIO_WRITE = 0x0e4; // u32
export const MMIO_VALUE = 0x0e8; // i64

/** Base of the fast TLB class in force: see memory/tlb.ts. */
export const TLB_BASE = 0x0f0; // u32
/** What a block was decoded for: code size, stack size, flatness. Blocks of other keys are not entered. */
export const MODE_KEY = 0x0f4; // u32
/** 1 at CPL 3. */
export const USER = 0x0f8; // u32
/** The INTR line: instructions that may open the interrupt window end their block and look here. */
export const INTR = 0x0fc; // u32

/** Segment registers, 32 bytes each: ES CS SS DS FS GS, LDTR, TR, and one that is flat for ever. */
export const SEGMENTS = 0x100;
export const SEG_STRIDE = 32;
export const SEG_BASE = 0; // i64
export const SEG_LIMIT = 8; // u32
export const SEG_RIGHTS = 12; // u32
export const SEG_SELECTOR = 16; // u32
export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;
export const LDTR = 6;
export const TR = 7;
export const FLAT = 8;
export const segment = (index: number): number => SEGMENTS + index * SEG_STRIDE;

export const GDTR_BASE = 0x220;
export const GDTR_LIMIT = 0x228; // u32
export const IDTR_BASE = 0x230;
export const IDTR_LIMIT = 0x238; // u32
export const CR0 = 0x240;
export const CR2 = 0x248;
export const CR3 = 0x250;
export const CR4 = 0x258;
export const DR = 0x260; // DR0..DR7, 8 bytes each
export const EFER = 0x2a0;
export const STAR = 0x2a8;
export const LSTAR = 0x2b0;
export const CSTAR = 0x2b8;
export const SFMASK = 0x2c0;
export const KERNEL_GS_BASE = 0x2c8;
export const SYSENTER_CS = 0x2d0;
export const SYSENTER_ESP = 0x2d8;
export const SYSENTER_EIP = 0x2e0;
export const PAT = 0x2e8;
export const TSC_AUX = 0x2f0;
export const TSC_ADJUST = 0x2f8;
/** icount at which LEFT reaches zero, as an i64. */
export const ICOUNT_END = 0x300;
/** Ticks skipped by HLT so far. */
export const SKIPPED = 0x308;
/** What WRMSR IA32_TIME_STAMP_COUNTER added to the time. */
export const TSC_OFFSET = 0x310;
export const MISC_ENABLE = 0x318;
export const MXCSR = 0x320; // u32
/** Interrupts are held off for one instruction (STI, MOV SS, POP SS): a SHADOW_ value. */
export const SHADOW = 0x324; // u32
export const NMI_BLOCKED = 0x328; // u32
export const HALTED = 0x32c; // u32
/** Data breakpoints hit by the instruction that is executing: bits for DR6. */
export const DEBUG_HITS = 0x330; // u32
/** Accesses of the instruction already answered, and how many of them its re-execution has used. */
export const ANSWERED = 0x334; // u32
export const ANSWER_NEXT = 0x338; // u32
/** Set by the slow path when a read-modify-write was staged and must be committed. */
export const STAGED_GVA = 0x340; // i64
/** MTRRs: fixed (11), variable base/mask (16), default type: plain storage. */
export const MTRR_FIXED = 0x348;
export const MTRR_VARIABLE = 0x3a0;
export const MTRR_DEFAULT = 0x420;
/** Linear address of RIP 0: CS.base, but zero in 64-bit mode. */
export const CODE_BASE = 0x430; // i64
/** Bytes of guest RAM. */
export const RAM_BYTES = 0x438; // u32
/** 1 while alignment is checked: CR0.AM, RFLAGS.AC and CPL 3. */
export const ALIGN = 0x43c; // u32
/** CLASS_ of the running program's accesses: which fast TLB class and which permissions. */
export const CLASS = 0x444; // u32
/** 1: let the next breakpoint record pass once. */
export const BREAK_PASS = 0x448; // u32
/** XCR0: the state components that XSAVE manages. */
export const XCR0 = 0x450; // i64
/** Bits that CR4 and IA32_EFER may have on this CPU model. */
export const CR4_ALLOWED = 0x458; // i64
export const EFER_ALLOWED = 0x460; // i64

/** XMM0..XMM15 at a stride of 32, so that the upper halves of YMM have room. */
export const XMM = 0x500;
export const XMM_STRIDE = 32;
/** x87 R0..R7, physical: 8 bytes of significand, 2 of sign and exponent, at a stride of 16. */
export const X87 = 0x700;
export const X87_STRIDE = 16;
export const FCW = 0x780; // u16
export const FSW = 0x782; // u16, TOP included
export const FTW = 0x784; // u16, full tags
export const FOP = 0x786; // u16
export const FIP = 0x788; // i64
export const FDP = 0x790; // i64
export const FCS = 0x798; // u16
export const FDS = 0x79a; // u16

/** What a checkpoint saves of the registers: everything up to here. */
export const STATE_BYTES = 0x800;

/** Answers to device accesses of the current instruction, 8 bytes each. */
export const ANSWERS = 0x800;
export const ANSWERS_MAX = 64;
/** Eight bytes that microcode has loaded without making a BigInt of their address: Access.loadWide. */
export const WIDE = 0xa00;
/** Significand (8 bytes) and sign and exponent (2) that x87 functions of generated code hand over. */
export const F80_RESULT = 0xa10;
/** Where the slow path stages data that does not lie in one run of RAM; below it no pointer is RAM. */
export const SCRATCH = 0xc00;
export const SCRATCH_END = 0xd00;
/** How many entries of WATCHES are in use. */
export const WATCH_COUNT = 0xd00; // u32
/** 1: pages with PAGE_WATCH are not in the list, any access to them counts. */
export const WATCH_UNLISTED = 0xd04; // u32
/** Executions after which a block asks for the JIT; 0: never. */
export const HOT_AT = 0xf10; // u32
/** 1 while there are breakpoints: whoever finds code tells Blocks of the pages it lies on. */
export const BREAKS = 0xf14; // u32
/** 1: a fast TLB keeps one entry of each kind, for tests; and where those three entries are. */
export const TLB_ONE = 0xf14; // u32
export const TLB_LAST = 0xf18; // u32 each

/**
 * What is watched, an entry for each page of it, which fast TLBs must not hold: i64 page | WATCH_
 * kinds, i64 first and last address. Kinds shifted left by WATCH_PHYSICAL are of guest physical
 * addresses. Behind the state page.
 */
export const WATCHES = 0x1000;
export const WATCH_STRIDE = 24;
export const WATCHES_MAX = 64;
export const WATCH_READS = 1;
export const WATCH_WRITES = 2;
export const WATCH_PHYSICAL = 2;

/**
 * Fast TLB: three classes (kernel, user, kernel with AC) of three kinds (read, write, execute), and
 * a fourth that is never filled, for alignment checking.
 */
export const TLB = 0x04000;
export const TLB_ENTRIES = 1024;
export const TLB_KIND_BYTES = TLB_ENTRIES * 16;
export const TLB_CLASS_BYTES = 3 * TLB_KIND_BYTES;
export const TLB_READ = 0;
export const TLB_WRITE = TLB_KIND_BYTES;
export const TLB_EXECUTE = 2 * TLB_KIND_BYTES;
export const TLB_NEVER = TLB + 3 * TLB_CLASS_BYTES;
export const TLB_END = TLB + 4 * TLB_CLASS_BYTES;

/** Architectural TLB, 16 bytes an entry: see memory/tlb.ts. */
export const ARCH_TLB = 0x48000;
export const ARCH_TLB_ENTRIES = 4096;
/** One bit for each hash of a 2 MiB region that has given entries out of a large page. */
export const ARCH_LARGE = 0x58000;
export const ARCH_LARGE_BYTES = 128;
export const ARCH_TLB_BYTES = ARCH_LARGE + ARCH_LARGE_BYTES - ARCH_TLB;

/** One byte of PAGE_ flags for each page of RAM. */
export const PAGE_FLAGS = 0x80000;
/** Written since the last checkpoint: its pre-image is kept, its hash is stale. */
export const PAGE_DIRTY = 1;
/** Holds decoded instructions. */
export const PAGE_CODE = 2;
/** A watchpoint lies on it: every read and write goes the slow way. */
export const PAGE_WATCH = 4;

/**
 * The trail: filters of the linear pages that the slow path has seen accessed since `trail.ts` began
 * one, by kind. Each is a bit map; memory/trail.ts has the hash.
 */
export const TRAIL = 0x140000;
export const TRAIL_BITS_LOG2 = 17;
export const TRAIL_KIND_BYTES = 1 << (TRAIL_BITS_LOG2 - 3);
export const TRAIL_READ = TRAIL;
export const TRAIL_WRITE = TRAIL + TRAIL_KIND_BYTES;
export const TRAIL_EXECUTE = TRAIL + 2 * TRAIL_KIND_BYTES;
export const TRAIL_BYTES = 3 * TRAIL_KIND_BYTES;

/**
 * A u16 for each record of the arena: how often its block was entered while it is interpreted, its
 * number in its region once it is compiled.
 */
export const COUNTERS = 0x180000;
export const counterOf = (ip: number): number => COUNTERS + (ip >>> 4);
/** Blocks by where they lie: u32 pointer to the first byte, u32 mode key, u32 block; 16 bytes each. */
export const BLOCK_HASH = 0x580000;
export const BLOCK_HASH_ENTRIES = 65536;
/** Jump cache: linear address to block, 32 bytes an entry. */
export const JUMP_CACHE = 0x680000;
export const JUMP_CACHE_ENTRIES = 16384;
export const JUMP_CACHE_STRIDE = 32;
/** The block in an entry. */
export const JUMP_CACHE_BLOCK = 16;
/** Decoded records, 32 bytes each: see decode/record.ts. */
export const ARENA = 0x700000;
export const ARENA_END = 0x4000000;
export const RAM_BASE = 0x4000000;
/** The largest guest RAM: what a 32-bit linear memory holds beside the rest. */
export const RAM_MAX = 0xc0000000 - 0x10000000;

export const STATUS_NONE = 0;
/** LEFT would have gone below zero at a block's start. */
export const STATUS_STOP = 1;
/** An exception at the instruction STOP_AT, which has not retired. */
export const STATUS_FAULT = 2;
/** A device access that wants an answer; the instruction has not retired. */
export const STATUS_MMIO = 3;
/** The microcode has an exit for us; whether the instruction retired is its business. */
export const STATUS_EXIT = 4;
/** A breakpoint record. */
export const STATUS_BREAK = 5;
/** The instruction retired, and the run loop must look at interrupts, traps or the mode. */
export const STATUS_BOUNDARY = 6;
/** The code that would run next has been written to: its block is gone. */
export const STATUS_INVALID = 7;
/** An access touches a watchpoint; the instruction has not retired. */
export const STATUS_WATCH = 8;
/** A write would hit compiled code that is running: the interpreter must make it. */
export const STATUS_REDO = 10;
/** The code segment's limit does not cover the block at RIP. */
export const STATUS_LIMIT = 9;
/** There is no room for the block at RIP: some older code has to go first. */
export const STATUS_FULL = 11;

export const SHADOW_NONE = 0;
export const SHADOW_STI = 1;
export const SHADOW_MOV_SS = 2;

/** Kinds of access, as the page walk and the slow path see them. */
export const ACCESS_READ = 0;
export const ACCESS_WRITE = 1;
export const ACCESS_EXECUTE = 2;

/** Privilege classes of an access, which are also the classes of the fast TLB. */
export const CLASS_KERNEL = 0;
export const CLASS_USER = 1;
/** Supervisor with RFLAGS.AC set: SMAP does not apply. */
export const CLASS_KERNEL_AC = 2;

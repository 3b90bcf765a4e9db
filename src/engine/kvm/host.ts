/**
 * The C library, through koffi: the few system calls that KVM needs. Loaded when `--accel kvm` asks
 * for it; nothing else in Retrovisor needs native code.
 */

import { errnoName, KvmError } from './errors.ts';

/** An address in this process: KVM is told where guest RAM and bitmaps lie. */
export type Address = bigint;

export const EINTR = 4;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const O_RDWR_CLOEXEC = 0o2000002;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;

export interface Host {
  /** A file descriptor, or minus an errno. */
  open(path: string): number;
  close(fd: number): void;
  /** The result, or minus an errno. `argument` is a number, or a structure that may be filled. */
  ioctl(fd: number, request: number, argument: number | Uint8Array): number;
  /** Maps `length` bytes of a file descriptor, shared. */
  map(fd: number, length: number): Mapping;
  /** Zeroed memory that nobody else has; pages are there once they are touched. */
  mapAnonymous(length: number): Mapping;
  /** Where the bytes are. They stay there for as long as somebody holds on to them. */
  address(bytes: Uint8Array): Address;
  /** A raw system call, for those that the library has no stable name for. */
  syscall(
    nr: number,
    a: number | bigint,
    b: number | Uint8Array,
    c: number | Uint8Array,
    d: number | Uint8Array,
  ): number;
  /** pthread_sigmask(SIG_BLOCK or SIG_UNBLOCK) of one signal in this thread. */
  maskSignal(signal: number, blocked: boolean): void;
  /** Takes the signal if it is pending. */
  takeSignal(signal: number): void;
}

export interface Mapping {
  readonly bytes: Uint8Array;
  unmap(): void;
}

/** Throws a KvmError where koffi or the platform is missing. */
export async function loadHost(): Promise<Host> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    const here = `${process.platform} on ${process.arch}`;
    throw new KvmError(`--accel kvm expects Linux on x64; this is ${here}: use --accel jit`);
  }
  let koffi: typeof import('koffi');
  try {
    koffi = await import('koffi');
  } catch {
    throw new KvmError(
      "--accel kvm expects the optional package koffi; it is not installed: run 'npm install koffi@3.3.4'",
    );
  }
  return bind(koffi);
}

function bind(koffi: typeof import('koffi')): Host {
  const libc = koffi.load('libc.so.6');
  const open = libc.func('open', 'int', ['str', 'int']);
  const close = libc.func('close', 'int', ['int']);
  const ioctlNumber = libc.func('ioctl', 'int', ['int', 'ulong', 'long']);
  const ioctlPointer = libc.func('ioctl', 'int', ['int', 'ulong', 'void *']);
  const mmap = libc.func('mmap', 'void *', ['size_t', 'size_t', 'int', 'int', 'int', 'long']);
  const munmap = libc.func('munmap', 'int', ['void *', 'size_t']);
  const syscall = libc.func('syscall', 'long', ['long', 'long', 'void *', 'void *', 'void *']);
  const sigmask = libc.func('pthread_sigmask', 'int', ['int', 'void *', 'void *']);
  const sigtimedwait = libc.func('sigtimedwait', 'int', ['void *', 'void *', 'void *']);
  const result = (r: number): number => (r < 0 ? -koffi.errno() : r);
  const signalSet = (signal: number): Uint8Array => {
    const set = new Uint8Array(128);
    set[(signal - 1) >> 3] = 1 << ((signal - 1) & 7);
    return set;
  };
  const map = (fd: number, length: number, flags: number): Mapping => {
    const at = mmap(0, length, PROT_READ_WRITE, flags, fd, 0) as bigint;
    if (BigInt.asUintN(64, at) === MAP_FAILED) {
      const why = errnoName(koffi.errno());
      throw new KvmError(`KVM: expected ${length} bytes to be mapped; got ${why}`);
    }
    const bytes = new Uint8Array(koffi.view(at, length));
    return { bytes, unmap: () => munmap(at, length) };
  };
  const NOW = new Uint8Array(16);
  const pointer = (v: number | Uint8Array) => (typeof v === 'number' ? BigInt(v) : v);
  return {
    open: (path) => result(open(path, O_RDWR_CLOEXEC)),
    close: (fd) => {
      close(fd);
    },
    ioctl: (fd, request, argument) =>
      result(
        typeof argument === 'number'
          ? ioctlNumber(fd, request, argument)
          : ioctlPointer(fd, request, argument),
      ),
    map: (fd, length) => map(fd, length, MAP_SHARED),
    mapAnonymous: (length) => map(-1, length, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE),
    address: (bytes) => koffi.address(bytes),
    syscall: (nr, a, b, c, d) => result(Number(syscall(nr, a, pointer(b), pointer(c), pointer(d)))),
    maskSignal(signal, blocked) {
      const [SIG_BLOCK, SIG_UNBLOCK] = [0, 1];
      sigmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, signalSet(signal), null);
    },
    takeSignal(signal) {
      sigtimedwait(signalSet(signal), null, NOW);
    },
  };
}

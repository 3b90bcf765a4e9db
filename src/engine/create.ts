/** Making vCPUs: the main module is generated and compiled once per process, then shared. */

import { type CpuModel, DEFAULT_CPU } from './cpuid.ts';
import { Decoder } from './decode/decoder.ts';
import { type HandlerKeys, Handlers } from './interp/handlers.ts';
import { generateMain, type MainModule } from './interp/module.ts';
import { ROWS } from './isa/index.ts';
import { JIT_DEFAULTS, type JitOptions } from './jit/compiler.ts';
import * as L from './vcpu/layout.ts';
import { SoftVcpu, type VcpuLimits } from './vcpu/soft-vcpu.ts';
import type { Vcpu } from './vcpu/vcpu.ts';

let shared: MainModule | undefined;

/** The main module as files can keep it: generating it takes half a second, loading it does not. */
export interface PrebuiltModule {
  readonly bytes: Uint8Array;
  readonly keys: HandlerKeys;
}

export function generateModule(): PrebuiltModule {
  const { bytes, handlers } = generateMain(ROWS);
  return { bytes, keys: handlers.keys() };
}

/** Gives the process a module made by `generateModule` of this same build. */
export function installModule({ bytes, keys }: PrebuiltModule): void {
  shared = { module: new WebAssembly.Module(bytes), handlers: Handlers.of(ROWS, keys) };
}

/** The main module as another thread takes it over: compiled once for all of them. */
export interface SharedModule {
  readonly module: WebAssembly.Module;
  readonly keys: HandlerKeys;
}

export function shareModule(): SharedModule {
  const { module, handlers } = mainModule();
  return { module, keys: handlers.keys() };
}

export function adoptModule({ module, keys }: SharedModule): void {
  shared = { module, handlers: Handlers.of(ROWS, keys) };
}

/** The generated main module and where its handlers are. */
export function mainModule(): MainModule {
  if (!shared) {
    const { bytes, handlers } = generateMain(ROWS);
    shared = { module: new WebAssembly.Module(bytes), handlers };
  }
  return shared;
}

/** The least RAM a guest can have, and the most that a 32-bit linear memory holds, in bytes. */
export const RAM_BYTES_MIN = 1 << 20;
export const RAM_BYTES_MAX = L.RAM_MAX;

export interface VcpuOptions {
  /** Guest RAM: a multiple of 4096 between RAM_BYTES_MIN and RAM_BYTES_MAX. */
  readonly memoryBytes: number;
  /** Instructions of features that the model does not list are #UD. */
  readonly cpu?: CpuModel;
  /** Interpreter only, or the JIT with these settings; default: the JIT with its own. */
  readonly accel?: 'interp' | 'jit';
  readonly jit?: Partial<JitOptions>;
  /** For tests: sizes of what never shows. */
  readonly limits?: Partial<VcpuLimits>;
}

/** A vCPU at reset, with its RAM. Vcpus share nothing but code. */
export function createVcpu(options: VcpuOptions): Vcpu {
  const { memoryBytes } = options;
  if (memoryBytes % 4096 || memoryBytes < RAM_BYTES_MIN || memoryBytes > RAM_BYTES_MAX) {
    throw new RangeError(
      `guest RAM: expected 4096-byte pages from 1 MiB to ${RAM_BYTES_MAX / 2 ** 20} MiB, got ${memoryBytes} bytes`,
    );
  }
  const cpu = options.cpu ?? DEFAULT_CPU;
  const features: ReadonlySet<string> = new Set(cpu.features);
  const decoder = new Decoder(ROWS, (feature) => features.has(feature));
  const jit = options.accel === 'interp' ? undefined : { ...JIT_DEFAULTS, ...options.jit };
  return new SoftVcpu({
    memoryBytes,
    main: mainModule(),
    decoder,
    jit,
    cpu,
    limits: options.limits,
  });
}

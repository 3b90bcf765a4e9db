/** `--cpu`, and the vCPU that a recording was made on. */

import { InvalidArgumentError, Option } from 'commander';
import { CPU_MODELS, cpuModel } from '../engine/cpu-models.ts';
import { type CpuModel, DEFAULT_CPU } from '../engine/cpuid.ts';
import type { Recording } from '../trace/recording.ts';
import { notInThisVersion, UsageError } from './errors.ts';

const NAMES = CPU_MODELS.map(({ name }) => name).join(', ');

export function cpuOption(): Option {
  return new Option('--cpu <MODEL>', `CPU model: ${NAMES}`)
    .argParser(parseCpu)
    .default(DEFAULT_CPU, DEFAULT_CPU.name);
}

export function parseCpu(name: string): CpuModel {
  if (name === 'v3' || name === 'v4') throw notInThisVersion(`--cpu ${name}`, 'use --cpu max');
  const model = cpuModel(name);
  if (!model) throw new InvalidArgumentError(`expected ${NAMES}`);
  return model;
}

const PAGE_BYTES = 4096;
const MEMORY_MIB_MIN = 1;
/** RAM_BYTES_MAX of the engine: RAM and the vCPU's own tables are in one 32-bit WebAssembly memory. */
export const MEMORY_MIB_MAX = 2816;

export function vcpuOf(recording: Recording): { memoryBytes: number; cpu: CpuModel } {
  const { memoryBytes, cpuModel: name } = recording.guest;
  const mib = memoryBytes / 2 ** 20;
  if (memoryBytes % PAGE_BYTES !== 0 || mib < MEMORY_MIB_MIN || mib > MEMORY_MIB_MAX) {
    throw new UsageError(
      `the recording's guest RAM: expected whole pages from ${MEMORY_MIB_MIN} to ${MEMORY_MIB_MAX} MiB, got ${memoryBytes} bytes`,
    );
  }
  const cpu = cpuModel(name);
  if (!cpu) {
    throw new UsageError(`the recording's CPU model: expected one of ${NAMES}, got '${name}'`);
  }
  return { memoryBytes, cpu };
}

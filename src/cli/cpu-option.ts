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

export function vcpuOf(recording: Recording): { memoryBytes: number; cpu: CpuModel } {
  const { memoryBytes, cpuModel: name } = recording.guest;
  const cpu = cpuModel(name);
  if (!cpu) {
    throw new UsageError(`the recording's CPU model: expected one of ${NAMES}, got '${name}'`);
  }
  return { memoryBytes, cpu };
}

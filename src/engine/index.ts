/**
 * The engine's public surface. Everything behind it is a function of the guest's state and of the
 * inputs given here: no clock, no randomness, no file, no promise.
 */

export { type BootFormat, type BootPlan, type BootRequest, planBoot } from './boot/plan.ts';
export { engineBuild, setEngineBuild } from './build.ts';
export { type CpuModel, DEFAULT_CPU } from './cpuid.ts';
export {
  adoptModule,
  createVcpu,
  generateModule,
  installModule,
  type PrebuiltModule,
  type SharedModule,
  shareModule,
  type VcpuOptions,
} from './create.ts';
export {
  type Description,
  describeAddress,
  describeMsr,
  describePort,
} from './device/describe.ts';
export type { HandlerKeys } from './interp/handlers.ts';
export {
  initialWrites,
  Machine,
  type MachineOptions,
  type MachineStop,
  type MemoryWrite,
  type PowerOnState,
} from './machine.ts';

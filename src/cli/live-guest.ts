/** From the guest options to a machine that is ready to run. */

import { basename } from 'node:path';
import type { BootPlan } from '../engine/boot/plan.ts';
import type { Machine } from '../engine/machine.ts';
import type { MachineTap } from '../engine/tap.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import type { IdlePause } from '../live/pacing.ts';
import type { ConsoleOutput } from './console-output.ts';
import { UsageError } from './errors.ts';
import type { GuestOptions } from './guest-options.ts';
import { readInputFile } from './input-file.ts';

export interface GuestFile {
  readonly role: 'kernel' | 'initrd';
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What is known before there is a machine: the files, and what the loader makes of them. */
export interface GuestPlan {
  readonly options: GuestOptions;
  readonly memoryBytes: number;
  readonly files: readonly GuestFile[];
  readonly boot: BootPlan;
  /** The guest's clock at power-on. */
  readonly rtcStart: number;
}

/** Reads the files and plans the boot; whatever is wrong with either is said before it starts. */
export async function planGuest(options: GuestOptions): Promise<GuestPlan> {
  const { planBoot } = await import('../engine/index.ts');
  const kernel = readInputFile('--kernel', options.kernel);
  const initrd =
    options.initrd === undefined ? undefined : readInputFile('--initrd', options.initrd);
  const memoryBytes = options.memoryMib * 2 ** 20;
  const boot = planBoot({
    kernel,
    append: options.append,
    memoryBytes,
    ...(initrd && { initrd }),
    ...(options.at !== undefined && { at: options.at }),
  });
  if (!boot.ok) throw new UsageError(`'${options.kernel}': ${boot.error}`);
  const files: GuestFile[] = [{ role: 'kernel', name: basename(options.kernel), bytes: kernel }];
  if (initrd && options.initrd !== undefined) {
    files.push({ role: 'initrd', name: basename(options.initrd), bytes: initrd });
  }
  const rtcStart = Math.floor((options.rtc?.getTime() ?? Date.now()) / 1000);
  return { options, memoryBytes, files, boot: boot.value, rtcStart };
}

export interface PowerOnOptions {
  readonly console?: ConsoleOutput;
  /** Told of every byte on the console. */
  readonly onByte: (byte: number) => void;
  readonly pause: IdlePause;
  /** Called when the registers are as the loader leaves them. */
  readonly tapFor: (vcpu: Vcpu) => MachineTap | undefined;
}

/** A machine in front of its first instruction. */
export async function powerOn(
  { options, memoryBytes, boot, rtcStart }: GuestPlan,
  { console, onByte, pause, tapFor }: PowerOnOptions,
): Promise<Machine> {
  const { createVcpu, DEFAULT_CPU, Machine } = await import('../engine/index.ts');
  const cpu = options.cpu ?? DEFAULT_CPU;
  const { loadPrebuiltModule } = await import('./prebuilt.ts');
  loadPrebuiltModule();
  const { accel } = options;
  const vcpu =
    accel === 'kvm'
      ? await (await import('./kvm-guest.ts')).createKvmVcpu(memoryBytes)
      : createVcpu({ memoryBytes, accel, cpu });
  vcpu.setRegisters(boot.registers);
  const tap = tapFor(vcpu);
  const machine = new Machine(vcpu, {
    rtcStart,
    cpu,
    transmitted: (port, byte) => {
      if (port !== 0) return;
      console?.byte(byte);
      onByte(byte);
    },
    ...(tap && { tap }),
    get pauseWhenIdle() {
      return pause.active;
    },
  });
  machine.powerOn(boot);
  return machine;
}

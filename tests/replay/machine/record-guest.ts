/** Records a guest on the real machine, into memory. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ramWrite } from '../../../src/cli/recording-start.ts';
import {
  type BootRequest,
  createVcpu,
  initialWrites,
  Machine,
  planBoot,
} from '../../../src/engine/index.ts';
import { gpa, icount } from '../../../src/engine/units.ts';
import type { Vcpu } from '../../../src/engine/vcpu/vcpu.ts';
import { Recorder } from '../../../src/record/recorder.ts';
import type { EndReason } from '../../../src/trace/header.ts';
import { MemorySink } from '../../../src/trace/source.ts';
import { RecordingWriter, sha256 } from '../../../src/trace/writer.ts';

export interface RecordedGuest {
  readonly file: Uint8Array;
  readonly icount: number;
  readonly stateHash: string;
  readonly console: string;
  readonly reason: string;
}

export interface GuestRun extends BootRequest {
  readonly limit: number;
  readonly hashSpacing: number;
  readonly makeVcpu?: typeof createVcpu;
}

export function recordGuest({
  limit,
  hashSpacing,
  makeVcpu = createVcpu,
  ...boot
}: GuestRun): RecordedGuest {
  const { memoryBytes, kernel, initrd } = boot;
  const plan = planBoot(boot);
  if (!plan.ok) throw new Error(plan.error);
  const vcpu = makeVcpu({ memoryBytes });
  vcpu.setRegisters(plan.value.registers);
  const images = [kernel, initrd ?? new Uint8Array(0)].map((bytes, i) => ({
    role: i === 0 ? ('kernel' as const) : ('initrd' as const),
    name: '',
    bytes,
    sha256: sha256(bytes),
  }));
  const sink = new MemorySink();
  const writer = new RecordingWriter(sink, {
    header: {
      writer: 'test',
      guest: {
        name: '',
        memoryBytes,
        cpuModel: '',
        rtcBase: '1970-01-01T00:00:00Z',
        append: boot.append ?? '',
        bootFormat: plan.value.format,
      },
      hashSpacing,
      quirks: [],
    },
    images,
    boot: {
      registers: vcpu.registers(),
      writes: initialWrites(plan.value, memoryBytes).map((write) => ramWrite(write, images)),
    },
  });
  const recorder = new Recorder(writer, { hashSpacing });
  let console = '';
  const machine = new Machine(vcpu, {
    rtcStart: 0,
    tap: recorder,
    transmitted: (port, byte) => {
      if (port === 0) console += String.fromCharCode(byte);
    },
  });
  machine.powerOn(plan.value);
  let reason = 'limit';
  while (vcpu.icount < limit) {
    const stop = machine.run(icount(Math.min(limit, recorder.nextHashAt)));
    if (stop.reason !== 'until') {
      reason = stop.reason;
      break;
    }
    recorder.hashPoint(vcpu);
  }
  const stateHash = recorder.end(reason as EndReason, vcpu);
  return { file: sink.bytes(), icount: vcpu.icount, stateHash, console, reason };
}

const TINY = join(import.meta.dirname, '../../../guests/tiny');
export const TINY_MEMORY = 16 << 20;

/** One of guests/tiny, to its end. */
export function recordTiny(name: string): Uint8Array {
  const kernel = new Uint8Array(readFileSync(join(TINY, `${name}.bin`)));
  const boot = { kernel, at: gpa(0x7c00), memoryBytes: TINY_MEMORY };
  return recordGuest({ ...boot, limit: 20_000_000, hashSpacing: 1000 }).file;
}

export const freshVcpu = (memoryBytes: number): Vcpu => createVcpu({ memoryBytes });

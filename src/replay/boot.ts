/**
 * Puts a vCPU into the state in which a recording begins: what the loader did when it was recorded,
 * done again without a loader.
 */

import { gpa } from '../engine/units.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import { RecordingError } from '../trace/error.ts';
import type { Recording } from '../trace/recording.ts';

/** The vCPU must be fresh: zeroed RAM, icount 0. */
export function applyBoot(recording: Recording, vcpu: Vcpu): void {
  const { memoryBytes } = recording.guest;
  if (vcpu.ram.size !== memoryBytes) {
    throw new Error(`a vCPU with ${vcpu.ram.size} bytes of RAM for a guest of ${memoryBytes}`);
  }
  let total = 0;
  for (const write of recording.boot.writes) {
    const length = 'bytes' in write ? write.bytes.length : write.length;
    total += length;
    if (total > memoryBytes) {
      throw new RecordingError({
        expected: `boot writes of at most ${memoryBytes} bytes, the guest's memory`,
        found: `${total} or more`,
        offset: recording.bootOffset,
      });
    }
    if ('bytes' in write) vcpu.ram.poke(write.gpa, write.bytes);
    else {
      recording.images.read(write.sha256, write, (at, bytes) => {
        vcpu.ram.poke(gpa(write.gpa + at), bytes);
      });
    }
  }
  vcpu.setRegisters(recording.boot.registers);
}

/** From a planned guest to a recorder whose file has all that comes before the first frame. */

import { DEFAULT_CPU, engineBuild, initialWrites } from '../engine/index.ts';
import type { MemoryWrite } from '../engine/machine.ts';
import { gpa } from '../engine/units.ts';
import type { Registers } from '../engine/vcpu/vcpu.ts';
import { Recorder } from '../record/recorder.ts';
import type { RamWrite } from '../trace/header.ts';
import { RecordingWriter, sha256 } from '../trace/writer.ts';
import type { GuestFile, GuestPlan } from './live-guest.ts';
import { version } from './package-root.ts';

/**
 * Instructions between two state hashes. Hashing costs what was written since the last one; this
 * often, a divergence is found within half a second of replay and the cost is not seen.
 */
const HASH_SPACING = 50_000_000;
/** Shorter pieces of an image are not worth a reference. */
const REFERENCE_BYTES_MIN = 256;

/** Instructions between two state hashes. */
export interface Hashes {
  readonly apartAtLeast: number;
  readonly apartAtMost: number;
}

const PERIODIC: Hashes = { apartAtLeast: HASH_SPACING, apartAtMost: HASH_SPACING };
/** Under KVM they are taken at exits, however far apart those are. */
export const AT_EXITS: Hashes = { apartAtLeast: 1, apartAtMost: 2 ** 32 };

/** KVM lets these through; the CPU model does not announce them. docs/kvm.md. */
const UNDER_KVM = ['RDTSC', 'RDTSCP', 'RDRAND', 'RDSEED'];

export interface StartedRecording {
  readonly recorder: Recorder;
  readonly writer: RecordingWriter;
}

/** `registers` are the vCPU's when the loader has set them. */
export function startRecording(
  plan: GuestPlan,
  registers: Registers,
  path: string,
  hashes: Hashes = PERIODIC,
): StartedRecording {
  const { options, memoryBytes, boot, files, rtcStart } = plan;
  const images = files.map((file) => ({ ...file, sha256: sha256(file.bytes) }));
  const writer = RecordingWriter.create(path, {
    header: {
      writer: `retrovisor ${version()}`,
      engine: engineBuild(),
      guest: {
        name: options.name ?? '',
        memoryBytes,
        cpuModel: (options.cpu ?? DEFAULT_CPU).name,
        rtcBase: new Date(rtcStart * 1000).toISOString(),
        append: options.append,
        bootFormat: boot.format,
      },
      hashSpacing: hashes.apartAtMost,
      quirks: [],
      ...(options.accel === 'kvm' && { uncontrolled: UNDER_KVM }),
    },
    images,
    boot: {
      registers,
      writes: initialWrites(boot, memoryBytes).map((write) => ramWrite(write, images)),
    },
  });
  return { recorder: new Recorder(writer, { hashSpacing: hashes.apartAtLeast }), writer };
}

/** What the loader took from a file as it is becomes a reference to the file's content. */
export function ramWrite(
  { at, bytes }: MemoryWrite,
  images: readonly (GuestFile & { readonly sha256: string })[],
): RamWrite {
  const from = images.find(({ bytes: file }) => {
    const offset = bytes.byteOffset - file.byteOffset;
    return bytes.buffer === file.buffer && offset >= 0 && offset + bytes.length <= file.length;
  });
  if (!from || bytes.length < REFERENCE_BYTES_MIN) return { gpa: gpa(at), bytes };
  const offset = bytes.byteOffset - from.bytes.byteOffset;
  return { gpa: gpa(at), sha256: from.sha256, offset, length: bytes.length };
}

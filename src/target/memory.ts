/** Reading a guest's memory the way a debugger wants it: as far as it goes. */

import { gpa, gva } from '../engine/units.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import type { MemoryRange } from './debug-target.ts';

const PAGE = 4096;
const NOTHING = new Uint8Array(0);

export function readGuestMemory(vcpu: Vcpu, { space, at, length }: MemoryRange): Uint8Array {
  if (space === 'gpa') return readPhysical(vcpu, at, length);
  if (Number(at & 0xfffn) + length <= PAGE) {
    const physical = length > 0 ? vcpu.translate(gva(at)) : undefined;
    return physical === undefined ? NOTHING : readPhysical(vcpu, BigInt(physical), length);
  }
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const linear = gva(at + BigInt(done));
    const part = Math.min(length - done, PAGE - Number(linear % BigInt(PAGE)));
    const physical = vcpu.translate(linear);
    if (physical === undefined) return bytes.slice(0, done);
    const read = readPhysical(vcpu, BigInt(physical), part);
    bytes.set(read, done);
    done += read.length;
    if (read.length < part) return bytes.slice(0, done);
  }
  return bytes;
}

/** Bytes written: up to the first page that is not mapped or is no RAM. */
export function writeGuestMemory(
  vcpu: Vcpu,
  { space, at }: MemoryRange,
  bytes: Uint8Array,
): number {
  let done = 0;
  while (done < bytes.length) {
    const here = at + BigInt(done);
    const part = Math.min(bytes.length - done, PAGE - Number(here % BigInt(PAGE)));
    const physical = space === 'gpa' ? Number(here) : vcpu.translate(gva(here));
    if (physical === undefined || physical + part > vcpu.ram.size) break;
    vcpu.ram.poke(gpa(physical), bytes.subarray(done, done + part));
    done += part;
  }
  return done;
}

/** Nothing but RAM can be read without the guest noticing. */
function readPhysical(vcpu: Vcpu, at: bigint, length: number): Uint8Array {
  const room = BigInt(vcpu.ram.size) - at;
  if (at < 0n || room <= 0n) return new Uint8Array(0);
  return vcpu.ram.peek(gpa(Number(at)), room < BigInt(length) ? Number(room) : length);
}

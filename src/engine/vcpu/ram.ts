/** Guest RAM from outside, over the vCPU's linear memory. */

import * as L from './layout.ts';
import type { Ram } from './vcpu.ts';

const PAGE = 4096;

/** `beforeWrite` keeps pre-images and drops decoded code before bytes change. */
export function createRam(
  memory: ArrayBuffer,
  size: number,
  beforeWrite: (gpa: number, bytes: number) => void,
): Ram {
  const u8 = new Uint8Array(memory);
  const inRam = (at: number): boolean => at < size && Math.floor(at / 0x20000) !== 5;
  return {
    size,
    peek: (at, length) => {
      const bytes = new Uint8Array(length).fill(0xff);
      for (let i = 0; i < length; ) {
        const n = Math.min(length - i, PAGE - ((at + i) % PAGE));
        if (inRam(at + i)) {
          const from = L.RAM_BASE + at + i;
          bytes.set(u8.subarray(from, from + n), i);
        }
        i += n;
      }
      return bytes;
    },
    poke: (at, bytes) => {
      for (let i = 0; i < bytes.length; ) {
        const n = Math.min(bytes.length - i, PAGE - ((at + i) % PAGE));
        if (inRam(at + i)) {
          beforeWrite(at + i, n);
          u8.set(bytes.subarray(i, i + n), L.RAM_BASE + at + i);
        }
        i += n;
      }
    },
  };
}

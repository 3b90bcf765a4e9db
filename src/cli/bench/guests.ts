/** The guests that a benchmark boots: ours, and Debian's kernels where `npm run guests` has put them. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.ts';

export const GUESTS = ['demo', 'cloud', 'amd64', 'i386'] as const;
export type BenchGuest = (typeof GUESTS)[number];

export interface GuestFiles {
  readonly guest: BenchGuest;
  readonly kernel: string;
  readonly initrd: string | undefined;
  readonly append: string;
  readonly memoryMib: number;
  /** Printed on the console right before the guest powers off. */
  readonly lastLine: string | undefined;
}

const APPEND = 'console=ttyS0 quiet panic=-1';
const LAST_LINE = 'DONE-MARK';

export function guestFiles(guest: BenchGuest): GuestFiles {
  if (guest === 'demo') {
    const kernel = join(packageRoot(), 'guests/demo/demo.elf');
    const append = 'panic=poweroff';
    return { guest, kernel, initrd: undefined, append, memoryMib: 32, lastLine: undefined };
  }
  const folder = join(packageRoot(), '.cache/guests');
  const linux = { append: APPEND, memoryMib: 256, lastLine: LAST_LINE, guest };
  if (guest === 'i386') {
    const [kernel, initrd] = [join(folder, 'vmlinuz-686'), join(folder, 'initrd-i386.gz')];
    return { ...linux, kernel, initrd };
  }
  const kernel = join(folder, `vmlinuz-${guest}`);
  return { ...linux, kernel, initrd: join(folder, 'initrd.gz') };
}

/** The first file of the guest that is not there, and how one gets it. */
export function missingFile({ guest, kernel, initrd }: GuestFiles): string | undefined {
  const file = [kernel, initrd].find((path) => path !== undefined && !existsSync(path));
  if (file === undefined) return undefined;
  const how = {
    demo: 'make -C guests/demo builds it',
    cloud: "'npm run guests' fetches it",
    amd64: "'npm run guests' fetches it",
    i386: "'npm run guests -- i386' fetches it",
  }[guest];
  return `bench --guest ${guest} expects '${file}'; ${how}`;
}

/**
 * Guests that are fetched only when named, `npm run guests -- i386 memtest installer`: big, or of use
 * to those who work on the engine.
 */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  type DebianPackage,
  fetchPackage,
  HostError,
  privateIndex,
  resolveMetaPackage,
} from './debian.ts';
import { buildInitramfs } from './initramfs.ts';
import { fetchPrograms } from './programs.ts';

interface OptionalGuest {
  readonly what: string;
  /** How to try it; files are relative to the cache. */
  readonly command: string;
  fetch(cache: string, work: string): void;
}

const LINUX = '--append "console=ttyS0 panic=-1"';

export const OPTIONAL_GUESTS: Readonly<Record<string, OptionalGuest>> = {
  i386: {
    what: "Debian's i386 kernels, without and with PAE, and busybox: vmlinuz-686, vmlinuz-686-pae, initrd-i386.gz",
    command: `retrovisor run --kernel vmlinuz-686 --initrd initrd-i386.gz ${LINUX} -m 256`,
    fetch(cache, work) {
      const source = privateIndex(join(work, 'apt'), 'i386');
      for (const flavour of ['686', '686-pae']) {
        const pattern = new RegExp(`^linux-image-\\d.*-${flavour}$`);
        const name = resolveMetaPackage(`linux-image-${flavour}`, pattern, source);
        const { root } = fetchPackage(name, join(work, flavour), source);
        const kernel = readdirSync(join(root, 'boot')).find((f) => f.startsWith('vmlinuz-'));
        if (kernel === undefined) throw new HostError(`${name} has no /boot/vmlinuz-*`);
        copyFileSync(join(root, 'boot', kernel), join(cache, `vmlinuz-${flavour}`));
        rmSync(join(work, flavour), { recursive: true });
      }
      const { root } = fetchPackage('busybox-static', join(work, 'busybox-i386'), source);
      const busybox = firstOf(root, ['bin/busybox', 'usr/bin/busybox']);
      writeFileSync(join(cache, 'initrd-i386.gz'), buildInitramfs(readFileSync(busybox)));
    },
  },
  dbg: {
    what: "the cloud kernel's debug information, 280 MB to fetch and 590 MB on disk: vmlinux-cloud",
    command:
      '--kernel vmlinuz-cloud --initrd initrd.gz --append console=ttyS0 -m 256, then debug with vmlinux-cloud',
    fetch(cache, work) {
      const kernel = kernelPackage(cache);
      const name = `${kernel.name}-dbg`;
      const folder = join(work, 'dbg');
      const { root, version } = fetchPackage(name, folder, undefined, 'usr/lib/debug/boot');
      if (version !== kernel.version) {
        throw new HostError(
          `${name} is ${version}, vmlinuz-cloud is ${kernel.version}: try --force`,
        );
      }
      const boot = join(root, 'usr/lib/debug/boot');
      const file = readdirSync(boot).find((entry) => entry.startsWith('vmlinux-'));
      if (file === undefined) throw new HostError(`${name} has no vmlinux`);
      renameSync(join(boot, file), join(cache, 'vmlinux-cloud'));
    },
  },
  memtest: {
    what: 'memtest86+ for 32 and 64 bits: memtest-ia32.bin, memtest-x64.bin',
    command: 'retrovisor run --kernel memtest-x64.bin --append "console=ttyS0,115200" -m 8',
    fetch(cache, work) {
      const { root } = fetchPackage('memtest86+', join(work, 'memtest'));
      for (const [file, paths] of [
        ['memtest-ia32.bin', ['boot/memtest86+ia32.bin']],
        ['memtest-x64.bin', ['boot/memtest86+x64.bin']],
      ] as const) {
        copyFileSync(firstOf(root, paths), join(cache, file));
      }
    },
  },
  installer: {
    what: "the Debian installer's netboot kernel and initrd: installer-linux, installer-initrd.gz",
    command:
      'retrovisor run --kernel installer-linux --initrd installer-initrd.gz --append "console=ttyS0" -m 1024',
    fetch(cache, work) {
      const { root } = fetchPackage('debian-installer-12-netboot-amd64', join(work, 'installer'));
      const images = 'usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64';
      copyFileSync(firstOf(root, [`${images}/linux`]), join(cache, 'installer-linux'));
      copyFileSync(firstOf(root, [`${images}/initrd.gz`]), join(cache, 'installer-initrd.gz'));
    },
  },
  programs: {
    command: 'npm run conformance -- programs',
    what: 'coreutils, bc, perl, python3, openssl, gzip, xz, zstd, gawk and gcc in one tree: programs/',
    fetch: fetchPrograms,
  },
};

/** Fetches what is named, one after the other; says what can be done with each. */
export function fetchOptional(names: readonly string[], cache: string): void {
  const work = join(cache, 'work-optional');
  for (const name of names) {
    const guest = OPTIONAL_GUESTS[name]!;
    process.stderr.write(`guests: fetching ${name}: ${guest.what}\n`);
    mkdirSync(work, { recursive: true });
    try {
      guest.fetch(cache, work);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    process.stdout.write(`${name}: in ${cache}, try: ${guest.command}\n`);
  }
}

/** Debug information is of use only for the very kernel that is there. */
function kernelPackage(cache: string): DebianPackage {
  try {
    const manifest = JSON.parse(readFileSync(join(cache, 'manifest.json'), 'utf8'));
    return manifest.files['vmlinuz-cloud'].package;
  } catch {
    throw new HostError('dbg needs vmlinuz-cloud first: npm run guests');
  }
}

function firstOf(root: string, paths: readonly string[]): string {
  const found = paths.map((path) => join(root, path)).find((path) => existsSync(path));
  if (found === undefined) throw new HostError(`expected ${paths.join(' or ')} in the package`);
  return found;
}

/**
 * A tree of real programs from Debian's packages, for `npm run conformance -- programs`: the guest has
 * it as its initramfs, the host runs the same files with chroot. Packages' own scripts are not run, so
 * what they would have set up and is wanted here is set up here.
 */

import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { CpioEntry } from './cpio.ts';
import { fetchPackages, resolveInstallation } from './debian.ts';

const PACKAGES = [
  ...['coreutils', 'dash', 'grep', 'sed', 'gawk', 'bc', 'perl', 'python3-minimal', 'openssl'],
  ...['diffutils', 'gzip', 'xz-utils', 'zstd', 'gcc', 'libc6-dev', 'busybox-static'],
];
/** Dependencies of uses that these programs are not put to. */
const LEFT_OUT =
  /^(?:lib(?:asan|lsan|tsan|ubsan|itm|db|gdbm|krb|k5|gss|key|tirpc|nsl|com-err|gprofng|quadmath|gomp|atomic).*|dpkg|tar|debianutils|rpcsvc-proto|readline-common)$/;
/** Paths in the tree that only take time to carry. */
const DROPPED =
  /^usr\/share\/(?:doc|man|info|locale|lintian|bug|gdb|bash-completion|perl\/[\d.]+\/(?:Unicode\/Collate|pod|CPAN|unicore\/lib\/..))|\/(?:lto1|lto-dump|[^/]*lto-dump-12|[^/]*ld\.gold|[^/]*dwp|gprof|lib(?:c|m-2\.36|mvec|asan|tsan|lsan|ubsan)\.a)$|\/(?:CORE|Encode\/(?:JP|KR|CN|TW)|gconv)$/;

/** Into `cache`/programs: `root`, and `packages.json` with what it is made of. */
export function fetchPrograms(cache: string, work: string): void {
  const names = resolveInstallation(PACKAGES, LEFT_OUT, join(work, 'apt'));
  const made = join(work, 'programs');
  const root = join(made, 'root');
  const packages = fetchPackages(names, join(work, 'packages'), root);
  trim(root, '');
  symlinkSync('gawk', join(root, 'usr/bin/awk'));
  writeFileSync(join(made, 'packages.json'), `${JSON.stringify(packages, null, 2)}\n`);
  const programs = join(cache, 'programs');
  rmSync(programs, { recursive: true, force: true });
  renameSync(made, programs);
}

function trim(root: string, path: string): void {
  for (const name of readdirSync(join(root, path))) {
    const inside = path === '' ? name : `${path}/${name}`;
    if (DROPPED.test(inside)) rmSync(join(root, inside), { recursive: true });
    else if (lstatSync(join(root, inside)).isDirectory()) trim(root, inside);
  }
}

/** The tree below `root` as entries of an initramfs, parents first. */
export function treeEntries(root: string, path = ''): CpioEntry[] {
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name): CpioEntry[] => {
      const inside = path === '' ? name : `${path}/${name}`;
      const at = join(root, inside);
      const status = lstatSync(at);
      const mode = status.mode & 0o7777;
      if (status.isSymbolicLink()) {
        return [{ kind: 'link', path: inside, target: readlinkSync(at) }];
      }
      if (status.isFile()) return [{ kind: 'file', path: inside, mode, data: readFileSync(at) }];
      if (!status.isDirectory()) return [];
      return [{ kind: 'directory', path: inside, mode }, ...treeEntries(root, inside)];
    });
}

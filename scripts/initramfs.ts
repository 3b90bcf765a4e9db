/**
 * The initramfs of the Debian guests: busybox and one script that proves userland runs (files,
 * floating point through awk, integer arithmetic through SHA-256) and powers the machine off.
 *
 * Benchmarks and conformance compare figures over exactly this init: change it and they all move.
 */
import { gzipSync } from 'node:zlib';
import { cpioArchive } from './cpio.ts';

export const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
echo "INIT-OK $(/bin/busybox uname -r)"
/bin/busybox awk 'BEGIN{s=0;for(i=0;i<300000;i++)s+=i*i%7;print "AWK",s}'
/bin/busybox dd if=/dev/zero bs=64k count=256 2>/dev/null | /bin/busybox sha256sum
echo "DONE-MARK"
/bin/busybox poweroff -f
`;

/** /dev and its console are not in here: they are in the initramfs built into Debian's kernels. */
export function buildInitramfs(busybox: Uint8Array, init: string = INIT): Buffer {
  const archive = cpioArchive([
    { kind: 'directory', path: '/bin', mode: 0o755 },
    { kind: 'file', path: '/bin/busybox', mode: 0o755, data: busybox },
    { kind: 'file', path: '/init', mode: 0o755, data: Buffer.from(init, 'utf8') },
  ]);
  return gzipSync(archive, { level: 9 });
}

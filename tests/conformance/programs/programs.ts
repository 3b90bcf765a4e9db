/**
 * Real programs, natively and in a guest: the tree that `npm run guests -- programs` makes is the
 * root of a chroot here and the initramfs of Debian's kernel there, and both run the same scripts.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CpioEntry, cpioArchive } from '../../../scripts/cpio.ts';
import { treeEntries } from '../../../scripts/programs.ts';
import type { CpuModel } from '../../../src/engine/cpuid.ts';
import { createVcpu, Machine, planBoot } from '../../../src/engine/index.ts';
import { icount } from '../../../src/engine/units.ts';

const SCRIPTS = 'tests/conformance/programs';
const CACHE = '.cache/guests';
const ROOT = join(CACHE, 'programs', 'root');
const KERNEL = join(CACHE, 'vmlinuz-cloud');
const MEMORY = 1024 << 20;
const PIECE = 20_000_000;
/** Some five times what all programs take. */
const LIMIT = 500_000_000_000;

/**
 * The C library's functions have variants for FMA and AVX, whose last bits differ and which no CPU model
 * of ours announces. The host runs those that the guest runs.
 */
const NATIVE = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  GLIBC_TUNABLES: 'glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX,-AVX512F',
};

export const programNames = (): string[] =>
  readdirSync(SCRIPTS)
    .filter((file) => file.endsWith('.sh') && file !== 'run.sh')
    .map((file) => file.slice(0, -3))
    .sort();

/** Why the programs cannot be run here; undefined if they can. */
export function missing(): string | undefined {
  if (!existsSync(ROOT)) return `no ${ROOT}: npm run guests -- programs`;
  if (!existsSync(KERNEL)) return `no ${KERNEL}: npm run guests`;
  const { status, error, stderr } = chroot(ROOT, ['/bin/true']);
  if (status === 0) return undefined;
  return `no chroot: ${error?.message ?? stderr.trim()}`;
}

function chroot(root: string, command: readonly string[]) {
  const how = process.getuid?.() === 0 ? ['chroot'] : ['unshare', '--map-root-user', 'chroot'];
  const [program, ...args] = [...how, root, ...command];
  const maxBuffer = 64 << 20;
  return spawnSync(program!, args, { encoding: 'utf8', env: NATIVE, maxBuffer });
}

/** What each program prints on this host. */
export function runNatively(names: readonly string[]): Map<string, string> {
  const root = mkdtempSync(join(tmpdir(), 'retrovisor-programs-'));
  try {
    cpSync(ROOT, root, { recursive: true, verbatimSymlinks: true });
    cpSync(SCRIPTS, join(root, 'programs'), { recursive: true });
    const { status, stdout, stderr } = chroot(root, ['/bin/sh', '/programs/run.sh', ...names]);
    if (status !== 0) throw new Error(`natively: status ${status}: ${stderr}`);
    return outputs(stdout);
  } finally {
    rmSync(root, { recursive: true });
  }
}

export interface GuestOutputs {
  readonly outputs: ReadonlyMap<string, string>;
  /** Instructions each took, in millions. */
  readonly millions: ReadonlyMap<string, number>;
  /** Why the guest did not come to its end. */
  readonly trouble?: string;
}

const INIT = (names: readonly string[]): string => `#!/bin/sh
stty -opost </dev/console
sh /programs/run.sh ${names.join(' ')}
busybox poweroff -f
`;

/** What each program prints in a guest with this CPU. */
export function runInGuest(
  names: readonly string[],
  cpu: CpuModel,
  onProgress: (name: string, millions: number) => void = () => {},
): GuestOutputs {
  const scripts = readdirSync(SCRIPTS).map((file): CpioEntry => {
    const data = readFileSync(join(SCRIPTS, file));
    return { kind: 'file', path: `programs/${file}`, mode: 0o755, data };
  });
  const initrd = cpioArchive([
    ...treeEntries(ROOT),
    { kind: 'directory', path: 'programs', mode: 0o755 },
    ...scripts,
    { kind: 'file', path: 'init', mode: 0o755, data: Buffer.from(INIT(names)) },
  ]);
  const append = 'console=ttyS0 quiet loglevel=1 panic=-1';
  const kernel = new Uint8Array(readFileSync(KERNEL));
  const plan = planBoot({ kernel, initrd, append, memoryBytes: MEMORY });
  if (!plan.ok) throw new Error(plan.error);
  const console: number[] = [];
  const vcpu = createVcpu({ memoryBytes: MEMORY, cpu });
  const machine = new Machine(vcpu, {
    rtcStart: 1_700_000_000,
    cpu,
    transmitted: (port, byte) => {
      if (port === 0) console.push(byte);
    },
  });
  machine.powerOn(plan.value);
  const millions = new Map<string, number>();
  let [seen, name, since] = [0, '', 0];
  for (;;) {
    const { reason } = machine.run(icount(vcpu.icount + PIECE));
    const fresh = Buffer.from(console.slice(seen)).toString('latin1');
    const last = fresh.lastIndexOf('\n');
    for (const [, next] of fresh.slice(0, last + 1).matchAll(/^@@ (\S+)/gm)) {
      if (name !== '') millions.set(name, (vcpu.icount - since) / 1e6);
      [name, since] = [next!, vcpu.icount];
    }
    seen += last + 1;
    onProgress(name, (vcpu.icount - since) / 1e6);
    if (reason === 'poweroff') break;
    if (reason !== 'until' || vcpu.icount > LIMIT) {
      const text = Buffer.from(console).toString('latin1');
      const trouble = `the guest ended by ${reason} at icount ${vcpu.icount}`;
      return { outputs: outputs(text), millions, trouble: `${trouble}:\n${text.slice(-1500)}` };
    }
  }
  return { outputs: outputs(Buffer.from(console).toString('utf8')), millions };
}

/** By program, from what run.sh prints. */
function outputs(text: string): Map<string, string> {
  const parts = text.replaceAll('\r', '').split(/^@@ (\S+)\n/m);
  const found = new Map<string, string>();
  for (let i = 1; i + 1 < parts.length; i += 2) found.set(parts[i]!, parts[i + 1]!);
  found.delete('end');
  return found;
}

const SHOWN = 8;

/** Lines that differ, the first of them, as a person wants to see them. */
export function difference(native: string, guest: string): string[] {
  const [a, b] = [native.split('\n'), guest.split('\n')];
  const rows = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i);
  const differing = rows.filter((i) => a[i] !== b[i]);
  const lines = differing
    .slice(0, SHOWN)
    .flatMap((i) => [`line ${i + 1}`, `  natively ${a[i]}`, `  in guest ${b[i]}`]);
  if (differing.length > SHOWN) lines.push(`and ${differing.length - SHOWN} lines more`);
  return lines;
}

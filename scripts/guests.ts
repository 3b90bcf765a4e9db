/**
 * `npm run guests`: puts Debian's own kernels and a small initramfs into .cache/guests, for
 * conformance tests, benchmarks and trying Retrovisor out.
 *
 *   vmlinuz-amd64   from the package behind linux-image-amd64
 *   vmlinuz-cloud   from the package behind linux-image-cloud-amd64
 *   initrd.gz       busybox-static and the init of scripts/initramfs.ts
 *   manifest.json   which packages these are, with SHA-256 of each file
 *
 * With names, others: see optional-guests.ts. A second run finds them there and does nothing; `--force` fetches again.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type DebianPackage,
  fetchPackage,
  HostError,
  missingTools,
  resolveMetaPackage,
} from './debian.ts';
import { buildInitramfs, INIT } from './initramfs.ts';
import { fetchOptional, OPTIONAL_GUESTS } from './optional-guests.ts';

const MANIFEST_FORMAT = 1;

interface ManifestFile {
  readonly bytes: number;
  readonly sha256: string;
  readonly package: DebianPackage;
}

interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  /** The command line these guests are measured with. */
  readonly append: string;
  /** The init script inside initrd.gz: when ours changes, the cache is out of date. */
  readonly init: string;
  readonly files: Readonly<Record<string, ManifestFile>>;
}

const KERNELS = [
  { file: 'vmlinuz-amd64', meta: 'linux-image-amd64', pattern: /^linux-image-\d.*-amd64$/ },
  {
    file: 'vmlinuz-cloud',
    meta: 'linux-image-cloud-amd64',
    pattern: /^linux-image-\d.*-cloud-amd64$/,
  },
] as const;

const INITRD = 'initrd.gz';
const APPEND = 'console=ttyS0 quiet panic=-1';

const HELP = `Usage: npm run guests [-- --force | NAME...]

Fetches Debian's amd64 and cloud kernels and busybox with apt-get and dpkg, and builds an
initramfs, all into .cache/guests. Installs nothing.

${Object.entries(OPTIONAL_GUESTS)
  .map(([name, { what }]) => `  ${name.padEnd(9)} ${what}\n`)
  .join('')}
  --force   fetch and build again even if everything is there
  --help    show this
`;

function main(args: readonly string[]): number {
  const names = args.filter((arg) => Object.hasOwn(OPTIONAL_GUESTS, arg));
  const known = ['--force', '--help', ...names];
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown !== undefined) {
    const optional = Object.keys(OPTIONAL_GUESTS).join(', ');
    process.stderr.write(`guests: expected --force, --help, ${optional}; got ${unknown}\n`);
    return 2;
  }
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const cache = join(projectRoot(), '.cache', 'guests');
  if (!args.includes('--force')) {
    const cached = readCache(cache);
    if (cached !== undefined && names.length === 0) {
      report(cache, cached, 'already there');
      return 0;
    }
  }
  const missing = missingTools();
  if (missing.length > 0) {
    process.stderr.write(
      `guests: needs apt and dpkg (Debian or a derivative), not found here: ${missing.join(', ')}; ` +
        'use a kernel of your own: retrovisor record --kernel VMLINUZ --initrd INITRD.GZ ' +
        `--append "${APPEND}" -o boot.retro\n`,
    );
    return 1;
  }
  try {
    if (names.length) fetchOptional(names, cache);
    else report(cache, fetchAll(cache), 'ready');
    return 0;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    process.stderr.write(
      `guests: ${error.message} (is amd64 Debian in the apt sources, and "apt-get update" recent? ` +
        'Else use a kernel of your own with --kernel)\n',
    );
    return 1;
  }
}

/** The directory of package.json: this file runs from scripts/ and from dist/scripts/. */
function projectRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return directory;
}

/** The manifest, if it is ours and every file it names is there in its full size. */
function readCache(cache: string): Manifest | undefined {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(join(cache, 'manifest.json'), 'utf8')) as Manifest;
  } catch {
    return undefined; // none yet, or cut short: build it
  }
  if (manifest.format !== MANIFEST_FORMAT || manifest.init !== INIT) return undefined;
  for (const name of [...KERNELS.map((kernel) => kernel.file), INITRD]) {
    const size = statSync(join(cache, name), { throwIfNoEntry: false })?.size;
    if (size === undefined || size !== manifest.files[name]?.bytes) return undefined;
  }
  return manifest;
}

function fetchAll(cache: string): Manifest {
  const work = join(cache, 'work');
  mkdirSync(work, { recursive: true });
  const files: Record<string, ManifestFile> = {};
  try {
    for (const { file, meta, pattern } of KERNELS) {
      const name = resolveMetaPackage(meta, pattern);
      progress(`fetching ${name}`);
      const { root, ...from } = fetchPackage(name, join(work, file));
      const kernel = readdirSync(join(root, 'boot')).find((entry) => entry.startsWith('vmlinuz-'));
      if (kernel === undefined) throw new HostError(`${name} has no /boot/vmlinuz-*`);
      install(join(root, 'boot', kernel), join(cache, file));
      rmSync(join(work, file), { recursive: true });
      files[file] = describe(join(cache, file), from);
    }
    progress('fetching busybox-static');
    const { root, ...from } = fetchPackage('busybox-static', join(work, 'busybox'));
    // Debian 12 has it in /bin, later ones in /usr/bin.
    const busybox = ['bin/busybox', 'usr/bin/busybox']
      .map((path) => join(root, path))
      .find((path) => existsSync(path));
    if (busybox === undefined) throw new HostError('busybox-static has no /bin/busybox');
    const initrd = join(work, INITRD);
    writeFileSync(initrd, buildInitramfs(readFileSync(busybox)));
    install(initrd, join(cache, INITRD));
    files[INITRD] = describe(join(cache, INITRD), from);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  // Last, so that a run cut short leaves no manifest that vouches for missing files.
  const manifest: Manifest = { format: MANIFEST_FORMAT, append: APPEND, init: INIT, files };
  writeFileSync(join(cache, 'manifest.json'), JSON.stringify(manifest, null, 2) + '\n');
  return manifest;
}

/** Copies by way of a rename, so that nobody opens half a kernel. */
function install(from: string, to: string): void {
  copyFileSync(from, `${to}.part`);
  renameSync(`${to}.part`, to);
}

function describe(path: string, from: DebianPackage): ManifestFile {
  const data = readFileSync(path);
  return {
    bytes: data.length,
    sha256: createHash('sha256').update(data).digest('hex'),
    package: { name: from.name, version: from.version },
  };
}

function progress(what: string): void {
  process.stderr.write(`guests: ${what}\n`);
}

function report(cache: string, manifest: Manifest, state: string): void {
  const shown = relative(process.cwd(), cache) || '.';
  process.stdout.write(`${shown}: ${state}\n`);
  for (const [name, file] of Object.entries(manifest.files)) {
    const size = (file.bytes / 1e6).toFixed(1).padStart(5);
    process.stdout.write(
      `  ${name.padEnd(14)} ${size} MB  ${file.package.name} ${file.package.version}\n`,
    );
  }
  const kernel = join(shown, 'vmlinuz-amd64');
  const initrd = join(shown, INITRD);
  process.stdout.write(
    `Next: npx retrovisor record --kernel ${kernel} --initrd ${initrd} --append "${APPEND}" -m 256 -o boot.retro\n`,
  );
}

process.exitCode = main(process.argv.slice(2));

/**
 * Fetching files out of Debian packages with the tools that every Debian machine has: `apt-cache`
 * resolves, `apt-get download` fetches (and checks the archive's signatures), `dpkg -x` unpacks.
 * Nothing is installed and no rights are needed.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The host cannot give us what we want; the message is one line for the user. */
export class HostError extends Error {}

/** Guests are amd64 whatever the host is; on another host apt needs that architecture added. */
const ARCHITECTURE = 'amd64';

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
}

/** The tools this file runs that are not on this machine. */
export function missingTools(): string[] {
  return ['apt-cache', 'apt-get', 'dpkg', 'dpkg-deb'].filter(
    (tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error !== undefined,
  );
}

/** An index of packages: the host's own, or a private one of another architecture. */
export interface Source {
  readonly architecture: string;
  readonly options: readonly string[];
}

const HOST_INDEX: Source = { architecture: ARCHITECTURE, options: [] };

/**
 * The package lists of an architecture that the host has not added, from the host's own mirrors, kept
 * in `directory`. `dpkg --add-architecture` would change the host.
 */
export function privateIndex(directory: string, architecture: string): Source {
  for (const part of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(directory, part), { recursive: true });
  }
  const settings = [
    `APT::Architectures::=${ARCHITECTURE}`,
    `APT::Architectures::=${architecture}`,
    `Dir::State::lists=${join(directory, 'lists')}`,
    `Dir::Cache=${join(directory, 'cache')}`,
  ];
  const options = settings.flatMap((setting) => ['-o', setting]);
  // One mirror of several that is out of date is no reason to give up.
  try {
    run('apt-get', [...options, '-q', 'update']);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
  }
  return { architecture, options };
}

/** The package that a meta package stands for now: its first dependency matching `pattern`. */
export function resolveMetaPackage(meta: string, pattern: RegExp, from = HOST_INDEX): string {
  const { architecture, options } = from;
  const what = `${meta}:${architecture}`;
  const listing = run('apt-cache', [...options, 'depends', '--important', what]);
  for (const line of listing.split('\n')) {
    const depends = /^\s*Depends:\s*<?([a-z0-9][a-z0-9.+-]*)/.exec(line)?.[1];
    if (depends !== undefined && pattern.test(depends)) return depends;
  }
  throw new HostError(`${meta} depends on no package named like ${pattern.source}`);
}

/**
 * Downloads `name` and unpacks it, or the folder `part` of it, into `directory`/files.
 * The archive's whole tree is unpacked: a kernel's modules make that some 400 MB for a moment.
 */
export function fetchPackage(
  name: string,
  directory: string,
  { architecture, options }: Source = HOST_INDEX,
  part?: string,
): DebianPackage & { root: string } {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  run('apt-get', [...options, '-q', 'download', `${name}:${architecture}`], directory);
  const archives = readdirSync(directory).filter((file) => file.endsWith('.deb'));
  const archive = archives[0];
  if (archive === undefined || archives.length !== 1) {
    throw new HostError(`apt-get download ${name}: expected one .deb, got ${archives.length}`);
  }
  const root = join(directory, 'files');
  if (part === undefined) run('dpkg', ['-x', archive, 'files'], directory);
  else {
    mkdirSync(root);
    const unpack = 'dpkg-deb --fsys-tarfile "$1" | tar -x -C files --wildcards "./$2/*"';
    run('sh', ['-c', unpack, 'sh', archive, part], directory);
  }
  const version = run('dpkg-deb', ['-f', archive, 'Version'], directory).trim();
  return { name, version, root };
}

/**
 * What `apt-get install NAMES` would put on a machine that has nothing, but for what `leaveOut` matches:
 * recommendations, and dependencies that nobody here needs.
 */
export function resolveInstallation(
  names: readonly string[],
  leaveOut: RegExp,
  directory: string,
): string[] {
  mkdirSync(directory, { recursive: true });
  const nothing = join(directory, 'status');
  writeFileSync(nothing, '');
  const options = ['-o', `Dir::State::status=${nothing}`, '-o', 'Debug::NoLocking=1'];
  const install = ['-s', '-q', '--no-install-recommends', 'install', ...names];
  const listing = run('apt-get', [...options, ...install]);
  const all = [...listing.matchAll(/^Inst (\S+) /gm)].map((m) => m[1]!);
  return all.filter((name) => !leaveOut.test(name)).sort();
}

/** Downloads packages and unpacks them all into one `root`. No package's scripts are run. */
export function fetchPackages(
  names: readonly string[],
  directory: string,
  root: string,
): DebianPackage[] {
  mkdirSync(directory, { recursive: true });
  mkdirSync(root, { recursive: true });
  run('apt-get', ['-q', 'download', ...names.map((name) => `${name}:${ARCHITECTURE}`)], directory);
  const archives = readdirSync(directory).filter((file) => file.endsWith('.deb'));
  if (archives.length !== names.length) {
    throw new HostError(`apt-get download: expected ${names.length} .deb, got ${archives.length}`);
  }
  return archives.sort().map((archive) => {
    run('dpkg', ['-x', archive, root], directory);
    const field = (name: string) => run('dpkg-deb', ['-f', archive, name], directory).trim();
    return { name: field('Package'), version: field('Version') };
  });
}

function run(command: string, args: readonly string[], cwd?: string): string {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    // Messages are matched and shown, so they should not depend on the user's language.
    env: { ...process.env, LC_ALL: 'C' },
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (result.error !== undefined) throw new HostError(`${command}: ${result.error.message}`);
  if (result.status !== 0) {
    const why = lastLine(result.stderr) ?? lastLine(result.stdout) ?? `status ${result.status}`;
    throw new HostError(`${command} ${args.join(' ')}: ${why}`);
  }
  return result.stdout;
}

function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1) || undefined;
}

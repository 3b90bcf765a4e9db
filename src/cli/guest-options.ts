/**
 * The options that describe a guest, the same for every command that starts one. QEMU's names in
 * GNU spelling. Options whose feature is not there yet are accepted and refused by name, so that a
 * QEMU command line gets an answer instead of "unknown option".
 */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { KVM_CPU } from '../engine/cpu-models.ts';
import { type CpuModel, DEFAULT_CPU } from '../engine/cpuid.ts';
import { type Gpa, gpa } from '../engine/units.ts';
import { cpuOption, MEMORY_MIB_MAX } from './cpu-option.ts';
import { notInThisVersion, UsageError } from './errors.ts';

export type SerialTarget =
  | { readonly kind: 'stdio' }
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly path: string };

/** What commander makes of the command line; `guestOptions` turns it into `GuestOptions`. */
interface Raw {
  kernel?: string;
  initrd?: string;
  append?: string;
  memory: number;
  smp: number;
  bios?: string;
  drive?: string;
  cdrom?: string;
  nic?: string;
  serial: SerialTarget;
  rtc?: Date;
  accel: GuestAccel;
  cpu: CpuModel;
  name?: string;
  until?: string;
  at?: Gpa;
}

export interface GuestOptions {
  readonly kernel: string;
  readonly initrd: string | undefined;
  readonly append: string;
  readonly memoryMib: number;
  readonly serial: SerialTarget;
  /** The date the guest's clock starts at; the host's when not given. */
  readonly rtc: Date | undefined;
  /** The default model when not given. */
  readonly cpu: CpuModel | undefined;
  readonly accel: GuestAccel;
  readonly name: string | undefined;
  readonly until: string | undefined;
  /** Where a flat image goes; undefined for kernels that say it themselves. */
  readonly at: Gpa | undefined;
}

export const MEMORY_MIB_DEFAULT = 256;

export function addGuestOptions(command: Command): Command {
  const hidden = (flags: string) => new Option(flags).hideHelp();
  return command
    .optionsGroup('Guest options:')
    .option('--kernel <FILE>', 'kernel: bzImage, PVH or Multiboot ELF, or a flat image')
    .option('--initrd <FILE>', 'initial RAM disk')
    .option('--append <STR>', 'kernel command line')
    .option('-m, --memory <MIB>', 'guest RAM in MiB', parseMemory, MEMORY_MIB_DEFAULT)
    .addOption(
      new Option('--serial <WHERE>', 'serial console: stdio, file:FILE, none')
        .argParser(parseSerial)
        .default({ kind: 'stdio' }, 'stdio'),
    )
    .addOption(
      new Option('--rtc <base=DATE>', 'date the guest starts at, e.g. base=2024-01-01T00:00:00')
        .argParser(parseRtc)
        .default(undefined, 'the date now'),
    )
    .option('--at <ADDRESS>', 'load --kernel as a flat image here, e.g. 0x7c00', parseAddress)
    .addOption(cpuOption())
    .addOption(guestAccelOption())
    .option('--name <S>', 'a name for the guest')
    .option('--until <MARK>', 'stop at an icount (1234567, 1.5G) or at console:"TEXT"')
    .addOption(hidden('--smp <N>').argParser(parseSmp).default(1))
    .addOption(hidden('--bios <FILE>'))
    .addOption(hidden('--drive <SPEC>'))
    .addOption(hidden('--cdrom <FILE>'))
    .addOption(hidden('--nic <SPEC>'));
}

/** Checks what the parser could not; `command` is the subcommand's name, for the messages. */
export function guestOptions(raw: object, command: string): GuestOptions {
  const options = raw as Raw;
  refuseWhatIsMissing(options);
  if (options.kernel === undefined) {
    throw new UsageError(`${command} expects --kernel FILE; none was given`);
  }
  return {
    kernel: options.kernel,
    initrd: options.initrd,
    append: options.append ?? '',
    memoryMib: options.memory,
    serial: options.serial,
    rtc: options.rtc,
    cpu: options.accel === 'kvm' ? kvmCpu(options.cpu) : options.cpu,
    accel: options.accel,
    name: options.name,
    until: options.until,
    at: options.at,
  };
}

function refuseWhatIsMissing(options: Raw): void {
  const direct = 'boot a kernel directly with --kernel and --initrd';
  if (options.bios !== undefined) throw notInThisVersion('--bios', direct);
  if (options.drive !== undefined) throw notInThisVersion('--drive', direct);
  if (options.cdrom !== undefined) throw notInThisVersion('--cdrom', direct);
  if (options.nic !== undefined && options.nic !== 'none') {
    throw notInThisVersion('--nic', 'the guest has no network (--nic none)');
  }
  if (options.smp !== 1) {
    throw notInThisVersion(`--smp ${options.smp}`, 'the guest has one vCPU (--smp 1)');
  }
}

/** MiB as a plain number, or with QEMU's suffixes M and G. */
export function parseMemory(text: string): number {
  const match = /^(\d+)([MG]?)$/i.exec(text);
  const mib = match ? Number(match[1]) * (match[2]?.toUpperCase() === 'G' ? 1024 : 1) : Number.NaN;
  if (!(mib >= 1 && mib <= MEMORY_MIB_MAX)) {
    throw new InvalidArgumentError(`expected 1 to ${MEMORY_MIB_MAX} MiB, such as 256 or 1G`);
  }
  return mib;
}

export function parseSerial(text: string): SerialTarget {
  if (text === 'stdio' || text === 'none') return { kind: text };
  if (text.startsWith('file:') && text.length > 'file:'.length) {
    return { kind: 'file', path: text.slice('file:'.length) };
  }
  throw new InvalidArgumentError('expected stdio, file:FILE or none');
}

/** A date of the guest's clock, in UTC unless it names a zone. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:?\d{2})?)?$/;

export function parseRtc(text: string): Date | undefined {
  const base = text.startsWith('base=') ? text.slice('base='.length) : undefined;
  if (base === 'utc' || base === 'now') return undefined;
  const match = base === undefined ? null : DATE.exec(base);
  const date = match && new Date(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? 'Z'}`);
  // Date rolls "02-31" over into March; the guest should get the date that was typed or none.
  const rolled = date && match[3] === undefined && !date.toJSON()?.startsWith(match[1] ?? '');
  if (!date || rolled || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError('expected base=DATE, such as base=2024-01-01T12:00:00');
  }
  const year = date.getUTCFullYear();
  if (year < 1970 || year > 2099) {
    throw new InvalidArgumentError(
      `expected a year from 1970 to 2099, which a CMOS clock can show`,
    );
  }
  return date;
}

export function parseAddress(text: string): Gpa {
  const at = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(at >= 0 && at < 2 ** 32)) {
    throw new InvalidArgumentError('expected an address below 4 GiB, such as 0x7c00');
  }
  return gpa(at);
}

function parseSmp(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('expected a number of vCPUs');
  return n;
}

/** What runs the guest's instructions; the result is the same, to the last bit. */
export type Accel = 'jit' | 'interp';

export function accelOption(): Option {
  return new Option('--accel <NAME>', 'what runs the instructions: jit or interp')
    .argParser(parseAccel)
    .default('jit');
}

const NO_KVM = 'expected jit or interp: a recording made under kvm replays here';

/** For a command that takes guests and recordings: what replays one. */
export function replayAccel(accel: GuestAccel): Accel {
  if (accel === 'kvm') throw new UsageError(`--accel kvm: ${NO_KVM}`);
  return accel;
}

function parseAccel(text: string): Accel {
  if (text === 'jit' || text === 'interp') return text;
  if (text === 'kvm') throw new InvalidArgumentError(NO_KVM);
  throw new InvalidArgumentError('expected jit or interp');
}

/** What runs a live guest: the processor itself, too. */
export type GuestAccel = Accel | 'kvm';

function guestAccelOption(): Option {
  return new Option('--accel <NAME>', 'what runs the instructions: jit, interp or kvm')
    .argParser((text): GuestAccel => {
      if (text === 'jit' || text === 'interp' || text === 'kvm') return text;
      throw new InvalidArgumentError('expected jit, interp or kvm');
    })
    .default('jit');
}

/** KVM gives a guest time stamps and random numbers unseen: its model has none, and no other will do. */
function kvmCpu(asked: CpuModel): CpuModel {
  if (asked === DEFAULT_CPU || asked === KVM_CPU) return KVM_CPU;
  throw new UsageError(
    `--accel kvm expects --cpu ${KVM_CPU.name} or none; got --cpu ${asked.name}`,
  );
}

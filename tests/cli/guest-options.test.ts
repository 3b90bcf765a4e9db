/** The guest options: what they accept, and that what is not there yet is refused by name. */

import { Command, InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { UsageError } from '../../src/cli/errors.ts';
import {
  addGuestOptions,
  guestOptions,
  parseMemory,
  parseRtc,
  parseSerial,
} from '../../src/cli/guest-options.ts';
import { DEFAULT_CPU } from '../../src/engine/cpuid.ts';

const parse = (...args: string[]) => {
  const command = addGuestOptions(new Command('record')).exitOverride();
  command.configureOutput({ writeErr: () => {} }).parse(args, { from: 'user' });
  return guestOptions(command.opts(), 'record');
};

test('defaults', () => {
  expect(parse('--kernel', 'k')).toEqual({
    kernel: 'k',
    initrd: undefined,
    append: '',
    memoryMib: 256,
    serial: { kind: 'stdio' },
    rtc: undefined,
    cpu: DEFAULT_CPU,
    accel: 'jit',
    name: undefined,
    until: undefined,
    at: undefined,
  });
});

test('QEMU-like command line', () => {
  const options = parse(
    ...['--kernel', 'k', '--initrd=i', '--append', 'console=ttyS0 quiet', '-m', '512'],
    ...['--smp', '1', '--nic', 'none', '--accel', 'interp', '--serial', 'file:log', '--name', 'n'],
    ...['--rtc', 'base=2024-02-29T12:34:56'],
  );
  expect(options).toMatchObject({
    initrd: 'i',
    append: 'console=ttyS0 quiet',
    memoryMib: 512,
    serial: { kind: 'file', path: 'log' },
    name: 'n',
  });
  expect(options.rtc?.toISOString()).toBe('2024-02-29T12:34:56.000Z');
});

test('a kernel is needed', () => {
  expect(() => parse()).toThrow(new UsageError('record expects --kernel FILE; none was given'));
});

test.each([
  [['--bios', 'f'], /^--bios is not in this version; /],
  [['--drive', 'file=f'], /^--drive is not in this version; /],
  [['--cdrom', 'f'], /^--cdrom is not in this version; /],
  [['--nic', 'user'], /^--nic is not in this version; /],
  [['--smp', '2'], /^--smp 2 is not in this version; /],
  [['--cpu', 'v3'], /^--cpu v3 is not in this version; use --cpu max$/],
])('%j is refused by name', (args, message) => {
  expect(() => parse('--kernel', 'k', ...args)).toThrow(message);
  expect(() => parse('--kernel', 'k', ...args)).toThrow(UsageError);
});

test('--accel kvm brings its own model', () => {
  const { accel, cpu } = parse('--kernel', 'k', '--accel', 'kvm');
  expect([accel, cpu?.name]).toEqual(['kvm', 'kvm']);
  expect(cpu?.features).not.toContain('TSC');
});

test('--cpu names a model', () => {
  expect(parse('--kernel', 'k', '--cpu', '486').cpu?.features).toEqual(['FPU', 'VME']);
  expect(parse('--kernel', 'k', '--cpu', 'max').cpu?.features).toContain('AESNI');
  expect(() => parse('--kernel', 'k', '--cpu', 'z80')).toThrow(/expected 486, pentium, /);
});

test.each([
  ['64', 64],
  ['256M', 256],
  ['1G', 1024],
])('-m %s is %d MiB', (text, mib) => {
  expect(parseMemory(text)).toBe(mib);
});

test.each(['0', '-1', '1.5', '64K', 'lots', '3073', '4G', ''])('-m %j is refused', (text) => {
  expect(() => parseMemory(text)).toThrow(InvalidArgumentError);
});

test.each(['stdio:', 'file:', 'pty', ''])('--serial %j is refused', (text) => {
  expect(() => parseSerial(text)).toThrow('expected stdio, file:FILE or none');
});

test.each([
  ['base=2024-01-01', '2024-01-01T00:00:00.000Z'],
  ['base=2024-01-01T12:30', '2024-01-01T12:30:00.000Z'],
  ['base=2024-01-01T12:30:00+02:00', '2024-01-01T10:30:00.000Z'],
])('--rtc %s is %s, whatever the time zone of the host', (text, iso) => {
  expect(parseRtc(text)?.toISOString()).toBe(iso);
});

test.each(['2024-01-01', 'base=', 'base=2024-02-30', 'base=yesterday', 'base=1969-12-31'])(
  '--rtc %j is refused',
  (text) => {
    expect(() => parseRtc(text)).toThrow(InvalidArgumentError);
  },
);

test('--rtc base=utc is the date now', () => {
  expect(parseRtc('base=utc')).toBeUndefined();
});

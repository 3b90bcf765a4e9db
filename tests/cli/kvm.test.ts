/** `--accel kvm`: where there is KVM, recordings made under it; where there is none, what is said. */

import { resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Folder } from './spawn.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const GUEST = ['--kernel', resolve('guests/tiny/modes.bin'), '--at', '0x7c00', '-m', '16'];
const RTC = ['--rtc', 'base=2024-01-01'];

const probe = folder.retrovisor(['run', '--accel', 'kvm', ...GUEST]);
const available = probe.status === 0;
if (!available) console.warn(`tests/cli/kvm: SKIPPED: ${probe.stderr.trim()}`);

test.skipIf(available)('without KVM, one line says why and what to do', () => {
  expect(probe.status).not.toBe(0);
  expect(probe.stderr).toMatch(/^retrovisor: (?:--accel kvm expects|KVM: ).*: .+\n$/);
});

describe.skipIf(!available)('--accel kvm', () => {
  const json = (args: string[]) => {
    const ran = folder.retrovisor([...args, '--json']);
    expect([ran.stderr, ran.status]).toEqual(['', 0]);
    return JSON.parse(ran.stdout);
  };

  test('run counts exits', () => {
    expect(probe.stdout).toContain('END');
    expect(probe.stderr).toMatch(/^the guest halted for good after \d+ exits in /);
  });

  test('--trace-exits has a line for each and a table, --where the way of an address', () => {
    const args = ['run', '--accel', 'kvm', ...GUEST, '--trace-exits', '--where', '0x7c00'];
    const { stderr, status } = folder.retrovisor(args);
    expect(status).toBe(0);
    const exits = Number(/after (\d+) exits/.exec(stderr)?.[1]);
    expect(stderr.match(/^ +\d+ +[\d.]+ +[\d.]+ +0x[0-9a-f]+ /gm)).toHaveLength(exits);
    expect(stderr).toMatch(/^exit +count +share +inside µs|^pio-out +\d/m);
    expect(stderr).toMatch(
      /^0x7c00 -> gpa 0x7c00 -> slot 0 \+ 0x7c00 -> hva 0x[0-9a-f]+c00 -> hpa /m,
    );
  });

  test('--dirty has the pages that the guest has written', () => {
    const { stderr } = folder.retrovisor(['run', '--accel', 'kvm', ...GUEST, '--dirty']);
    expect(stderr).toMatch(/^6 of 4096 pages written: 0x7000-0x8fff, 0x10000-0x13fff$/m);
  });

  test('exits --live runs a guest and has its exits by reason', () => {
    const { byReason } = json(['exits', '--live', '--accel', 'kvm', ...GUEST]);
    const jit = json(['exits', '--live', '--cpu', 'kvm', ...GUEST]);
    const counts = (of: { reason: string; count: number }[]) =>
      Object.fromEntries(of.map(({ reason, count }) => [reason, count]));
    expect(counts(byReason)).toEqual(counts(jit.byReason));
  });

  test('a recording replays on the JIT and the interpreter, and goes backwards', () => {
    const made = json([
      'record',
      '--accel',
      'kvm',
      ...GUEST,
      ...RTC,
      '--serial',
      'none',
      '-o',
      'k.retro',
    ]);
    expect(made).toMatchObject({ reason: 'halted', interrupts: 3 });
    for (const accel of ['jit', 'interp']) {
      const replayed = json(['replay', 'k.retro', '--verify', '--accel', accel]);
      expect(replayed).toMatchObject({ stateHash: made.stateHash, icount: made.icount });
    }
    const late = json(['replay', 'k.retro', '--to', '8000']);
    const early = json(['replay', 'k.retro', '--to', '300']);
    expect([early.icount, late.icount]).toEqual([300, 8000]);
    expect(json(['info', 'k.retro'])).toMatchObject({
      guest: { cpu: 'kvm' },
      uncontrolled: ['RDTSC', 'RDTSCP', 'RDRAND', 'RDSEED'],
    });
  });

  test('it shows the exits of a recording made on the JIT', () => {
    json(['record', ...GUEST, ...RTC, '--cpu', 'kvm', '--serial', 'none', '-o', 'j.retro']);
    const [kvm, jit] = ['k.retro', 'j.retro'].map((file) => json(['exits', file]));
    expect(kvm.total).toBe(jit.total);
    const list = (file: string) => folder.retrovisor(['exits', file, '--list']).stdout.split('\n');
    // All but how long HLT lasts: guest time is counted in exits under KVM.
    const same = (line: string) => !line.includes('hlt');
    expect(list('k.retro').filter(same)).toEqual(list('j.retro').filter(same));
  });
});

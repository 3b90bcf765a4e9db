/** Under stress the hashes are those of golden recordings, and of vCPUs that are under none. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { vcpuOf } from '../../src/cli/cpu-option.ts';
import type * as Create from '../../src/engine/create.ts';
import { createVcpu, Machine, planBoot, type VcpuOptions } from '../../src/engine/index.ts';
import { icount } from '../../src/engine/units.ts';
import { mark } from '../../src/replay/mark.ts';
import { ReplaySession } from '../../src/replay/session.ts';
import { Recording } from '../../src/trace/recording.ts';
import { recordGuest } from '../replay/machine/record-guest.ts';
import { stressNamed } from './stresses.ts';

const { linux } = stressNamed(process.env['STRESS']);
const traces = readdirSync('traces').filter((file) => file.endsWith('.retro'));

test('this vCPU is under stress', async () => {
  const actual = await vi.importActual<typeof Create>('../../src/engine/create.ts');
  expect(createVcpu).not.toBe(actual.createVcpu);
});

test.each(traces)('%s replays, with every hash that is in it', (file) => {
  const recording = Recording.fromBytes(new Uint8Array(readFileSync(`traces/${file}`)));
  const session = new ReplaySession(recording, createVcpu(vcpuOf(recording)));
  const stop = session.advance(mark(Number.MAX_SAFE_INTEGER));
  expect(stop.kind).toBe('end');
  expect(readFileSync('traces/MANIFEST.md', 'utf8')).toContain(session.vcpu.stateHash());
});

test('the demo guest makes the recording that it makes under none, byte for byte', async () => {
  const { createVcpu: calm } = await vi.importActual<typeof Create>('../../src/engine/create.ts');
  const kernel = new Uint8Array(readFileSync('guests/demo/demo.elf'));
  const guest = { kernel, memoryBytes: 32 << 20, limit: 4_000_000, hashSpacing: 100_000 };
  const mine = recordGuest(guest);
  const theirs = recordGuest({ ...guest, makeVcpu: calm });
  expect(mine.stateHash).toBe(theirs.stateHash);
  expect(Buffer.from(mine.file).equals(theirs.file)).toBe(true);
});

test('Linux begins to boot through the same states', async ({ skip }) => {
  const [kernel, initrd] = ['.cache/guests/vmlinuz-cloud', '.cache/guests/initrd.gz'];
  if (!existsSync(kernel) || !existsSync(initrd)) return skip(`no ${kernel}: npm run guests`);
  const { createVcpu: calm } = await vi.importActual<typeof Create>('../../src/engine/create.ts');
  const memoryBytes = 256 << 20;
  const plan = planBoot({
    kernel: new Uint8Array(readFileSync(kernel)),
    initrd: new Uint8Array(readFileSync(initrd)),
    append: 'console=ttyS0 quiet panic=-1',
    memoryBytes,
  });
  if (!plan.ok) throw new Error(plan.error);
  const hashes = (make: (options: VcpuOptions) => Machine['vcpu']): string[] => {
    const vcpu = make({ memoryBytes });
    const machine = new Machine(vcpu, { rtcStart: 0 });
    machine.powerOn(plan.value);
    return Array.from({ length: 20 }, (_, i) => {
      machine.run(icount(Math.floor((linux * (i + 1)) / 20) + i));
      return `${vcpu.icount} ${vcpu.stateHash()}`;
    });
  };
  expect(hashes(createVcpu)).toEqual(hashes(calm));
});

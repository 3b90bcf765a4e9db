/**
 * The machines that guests are compared on: our vCPU in both tiers, QEMU's TCG, Bochs. Each is given a
 * guest and returns what it wrote to the debug port.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CpuModel, cpuid, DEFAULT_CPU } from '../../src/engine/cpuid.ts';
import { createVcpu, type VcpuOptions } from '../../src/engine/create.ts';
import { type Entry, NONE, type VmExit } from '../../src/engine/exit.ts';
import { gpa, icount } from '../../src/engine/units.ts';
import type { Vcpu } from '../../src/engine/vcpu/vcpu.ts';
import { type Guest, romOf } from './image.ts';
import { IMAGE, MEMORY_BYTES } from './layout.ts';

export interface MachineRun {
  readonly output: Uint8Array;
  /** Why it ended before its last case, if it did. */
  readonly ended?: string;
}

export interface Peer {
  readonly name: string;
  run(guest: Guest): MachineRun;
}

/** What all of them can be: Intel's Broadwell, less what one of the machines does not have. */
export const COMPARED_CPU: CpuModel = {
  ...DEFAULT_CPU,
  features: [
    ...DEFAULT_CPU.features,
    ...(['PCLMULQDQ', 'AESNI', 'RDRAND', 'RDSEED', 'BMI1', 'BMI2', 'ADX', 'LZCNT'] as const),
  ],
};

const TIMEOUT_MS = 8_000;
/** More instructions than a guest needs; one that does not end is found out by this. */
const LIMIT = 2_000_000_000;
/** So many without a word on the debug port are a hang: a case takes some 80,000. */
const SILENCE = 400_000;
const DEBUG_PORT = 0xe9;
const END_PORT = 0xf4;

// --- ours

export function ours(
  options: Pick<VcpuOptions, 'accel' | 'jit'>,
  make: (options: VcpuOptions) => Vcpu = createVcpu,
): Peer {
  return {
    name: options.accel === 'jit' ? 'our JIT' : 'ours',
    run: ({ image }) =>
      runOurs(image, make({ memoryBytes: MEMORY_BYTES, cpu: COMPARED_CPU, ...options })),
  };
}

function runOurs(image: Uint8Array, vcpu: Vcpu): MachineRun {
  const flat = (rights: number, selector: number) => ({
    selector,
    base: 0n,
    limit: 0xffffffff,
    rights,
  });
  const data = flat(0xc093, 0x10);
  vcpu.ram.poke(gpa(IMAGE), image);
  vcpu.setRegisters({
    cr0: 0x11n,
    rip: BigInt(IMAGE),
    rflags: 2n,
    segments: [data, flat(0xc09b, 0x08), data, data, data, data],
  });
  const output: number[] = [];
  const board: Board = { cr8: 0 };
  let spoke = 0;
  while (vcpu.icount < LIMIT) {
    const exit = vcpu.run(icount(spoke + SILENCE));
    if (exit.kind === 'until') return { output: new Uint8Array(output), ended: 'no end' };
    if (exit.kind === 'shutdown') return { output: new Uint8Array(output), ended: 'shutdown' };
    if (exit.kind === 'pio' && exit.dir === 'out') {
      if (exit.port === DEBUG_PORT) {
        output.push(exit.value & 0xff);
        spoke = vcpu.icount;
      } else if (exit.port === END_PORT) return { output: new Uint8Array(output) };
    }
    vcpu.enter(answer(exit, board));
  }
  return { output: new Uint8Array(output), ended: 'no end' };
}

/** The task priority, which is the local APIC's. */
interface Board {
  cr8: number;
}

/** As a board answers that has nothing on it. */
function answer(exit: VmExit, board: Board): Entry {
  switch (exit.kind) {
    case 'pio':
      return exit.dir === 'in' ? { kind: 'value', value: 0xffffffff } : NONE;
    case 'mmio':
      return exit.dir === 'read' ? { kind: 'wide', value: 0xffff_ffff_ffff_ffffn } : NONE;
    case 'hlt':
      return { kind: 'skip', ticks: 1 };
    case 'cpuid': {
      const state = { apicEnabled: true, osxsave: false };
      const [a, b, c, d] = cpuid(COMPARED_CPU, exit.leaf >>> 0, exit.subleaf >>> 0, state);
      return { kind: 'cpuid', regs: [a, b, c, d] };
    }
    case 'rdmsr':
      return { kind: 'fault' };
    case 'wrmsr':
      return { kind: 'default' };
    case 'cr8':
      if (exit.dir === 'read') return { kind: 'value', value: board.cr8 };
      board.cr8 = exit.value;
      return NONE;
    case 'random':
      return { kind: 'wide', value: 0n };
    default:
      throw new Error(`machine: unexpected exit ${exit.kind}`);
  }
}

// --- other people's

/** Why it is not there, or the machine. */
export function qemu(): Peer | string {
  if (spawnSync('qemu-system-x86_64', ['--version']).status !== 0) {
    return 'there is no qemu-system-x86_64';
  }
  return {
    name: 'QEMU',
    run: (guest) =>
      inFolder(guest, (folder, rom) => {
        const out = join(folder, 'out');
        const { status, signal } = spawnSync(
          'qemu-system-x86_64',
          [
            ...[
              '-M',
              'pc',
              '-accel',
              'tcg',
              '-cpu',
              'Broadwell,-rtm,-hle',
              '-m',
              '16',
              '-bios',
              rom,
            ],
            ...['-display', 'none', '-monitor', 'none', '-serial', 'none', '-net', 'none'],
            ...['-no-reboot', '-nodefaults', '-debugcon', `file:${out}`],
            ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
          ],
          { timeout: TIMEOUT_MS, stdio: 'ignore' },
        );
        const output = new Uint8Array(readFileSync(out));
        // The exit device ends it with an odd status; a triple fault, by -no-reboot, with 0.
        if (status !== null && status & 1) return { output };
        return { output, ended: signal ? 'no end' : 'shutdown' };
      }),
  };
}

const BOCHSRC = (rom: string, log: string): string =>
  [
    'config_interface: textconfig',
    'display_library: rfb, options="timeout=0"',
    'megs: 16',
    'cpu: model=broadwell_ult, count=1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=0',
    `romimage: file=${rom}`,
    'boot: disk',
    `log: ${log}`,
    ...[
      'panic: action=fatal',
      'error: action=ignore',
      'info: action=report',
      'debug: action=ignore',
    ],
    'port_e9_hack: enabled=1',
    'speaker: enabled=0',
    'plugin_ctrl: speaker=0, e1000=0, ne2k=0, sb16=0, es1370=0, voodoo=0',
    '',
  ].join('\n');

/** What Debian's build says on its console before the guest does: its debugger's first line. */
const BOCHS_GREETING = /unk\. ctxt\)[^\n]*\n/;

export function bochs(): Peer | string {
  // It has no --version; --help ends well.
  if (spawnSync('bochs', ['--help']).error) return 'there is no bochs';
  return {
    name: 'Bochs',
    run: (guest) =>
      inFolder(guest, (folder, rom) => {
        const [rc, go, log] = ['bochsrc', 'go', 'log'].map((name) => join(folder, name)) as [
          string,
          string,
          string,
        ];
        writeFileSync(rc, BOCHSRC(rom, log));
        // Debian's is built with the debugger, which wants to be told to go on.
        writeFileSync(go, 'c\n');
        const { stdout, signal } = spawnSync('bochs', ['-q', '-f', rc, '-rc', go], {
          timeout: TIMEOUT_MS,
          stdio: ['ignore', 'pipe', 'ignore'],
          maxBuffer: 1 << 28,
        });
        const greeting = BOCHS_GREETING.exec(stdout.subarray(0, 4096).toString('latin1'));
        if (!greeting) return { output: new Uint8Array(), ended: 'it did not start' };
        const output = new Uint8Array(stdout.subarray(greeting.index + greeting[0].length));
        const isEnd = /shutdown requested/.test(readFileSync(log, 'latin1'));
        return isEnd ? { output } : { output, ended: signal ? 'no end' : 'shutdown' };
      }),
  };
}

function inFolder<T>(guest: Guest, work: (folder: string, rom: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-peer-'));
  try {
    const rom = join(folder, 'rom');
    writeFileSync(rom, romOf(guest));
    return work(folder, rom);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

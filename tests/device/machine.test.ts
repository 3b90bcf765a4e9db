import { describe, expect, test } from 'vitest';
import { Machine, type MachineOptions } from '../../src/engine/machine.ts';
import type { MachineTap } from '../../src/engine/tap.ts';
import { gpa, icount } from '../../src/engine/units.ts';
import {
  cli,
  hlt,
  inb,
  iret,
  mmioRead,
  mmioWrite,
  nop,
  out,
  rdmsr,
  ScriptedVcpu,
  type Step,
  sti,
  wrmsr,
} from './scripted-vcpu.ts';

const FAR = icount(1_000_000_000);

/** A tap that writes a line for all it sees. */
function logger() {
  const log: string[] = [];
  const json = (value: unknown) =>
    JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v));
  const tap: MachineTap = {
    exit: (exit, reply, at) => void log.push(`${at} ${json(exit)} -> ${json(reply)}`),
    interrupt: (vector, at) => void log.push(`${at} interrupt ${vector.toString(16)}`),
    nmi: (at) => void log.push(`${at} nmi`),
    dma: (at, bytes, when) => void log.push(`${when} dma ${at} ${bytes.length}`),
    input: (name, data, at, ticks) => void log.push(`${at} input ${name} ${[...data]} @${ticks}`),
  };
  return { log, tap };
}

function machine(
  steps: readonly Step[],
  { handler, ...options }: Partial<MachineOptions> & { handler?: readonly Step[] } = {},
) {
  const vcpu = new ScriptedVcpu(steps, handler);
  const { log, tap } = logger();
  const m = new Machine(vcpu, { rtcStart: 1_700_000_000, tap, ...options });
  return { m, vcpu, log };
}

/**
 * The PIC pair with vectors from 20H and `imr` at the master. After the PIT in every script: setting
 * its mode takes OUT0 high, an edge like any other, that ICW1 then forgets.
 */
function picSetup(imr: number): Step[] {
  return [
    [0x20, 0x11],
    [0x21, 0x20],
    [0x21, 0x04],
    [0x21, 0x01],
    [0x21, imr],
    [0xa0, 0x11],
    [0xa1, 0x28],
    [0xa1, 0x02],
    [0xa1, 0x01],
    [0xa1, 0xff],
  ].map(([port, value]) => out(port!, value!));
}
/** The PIT's counter 0 as a rate generator. */
const pit = (count: number): Step[] => [
  out(0x43, 0x34),
  out(0x40, count & 0xff),
  out(0x40, count >> 8),
];
const eoi = out(0x20, 0x20);

describe('the loop', () => {
  test('answers each exit and shows the pair to the tap, in order', () => {
    const { m, log } = machine([out(0x80, 0x55), nop(3), inb(0x64), mmioRead(0xa_0000)]);
    expect(m.run(icount(7))).toEqual({ reason: 'until' });
    expect(log).toEqual([
      '0 {"kind":"pio","dir":"out","port":128,"size":1,"value":85} -> {"kind":"none"}',
      '4 {"kind":"pio","dir":"in","port":100,"size":1,"value":0} -> {"kind":"value","value":20}',
      '5 {"kind":"mmio","dir":"read","gpa":655360,"size":4,"value":0} -> {"kind":"wide","value":4294967295}',
    ]);
  });

  test('stops at exactly the icount it is told', () => {
    const { m, vcpu } = machine([nop(100)]);
    for (const at of [0, 1, 50, 50, 99]) {
      expect(m.run(icount(at))).toEqual({ reason: 'until' });
      expect(vcpu.icount).toBe(at);
    }
  });

  test('hands debugger stops up', () => {
    const stops = [{ kind: 'break', id: 1, rip: 0n }] as never;
    const { m } = machine([nop(2), { exit: { kind: 'debug', stops } }]);
    expect(m.run(FAR)).toEqual({ reason: 'debug', stops });
  });

  test('reports ports and addresses that nobody claimed', () => {
    const seen: string[] = [];
    const { m } = machine([out(0x80, 1), mmioWrite(0xb_8000, 7), out(0x3f8, 1)], {
      unclaimedPort: (dir, port) => void seen.push(`${dir} ${port.toString(16)}`),
      unclaimedAddress: (dir, at) => void seen.push(`${dir} ${at.toString(16)}`),
    });
    m.run(icount(10));
    expect(seen).toEqual(['out 80', 'write b8000']);
  });
});

describe('alarms and interrupts', () => {
  test('the PIT interrupts through the PIC at its exact tick', () => {
    const steps = [...pit(1000), ...picSetup(0xfe), sti, nop(5_000_000)];
    const { m, log } = machine(steps, { handler: [eoi, iret] });
    m.run(icount(3_000_000));
    const at = log
      .filter((line) => line.includes('interrupt'))
      .map((line) => Number.parseInt(line, 10));
    // The count was loaded one CLK after the OUT at icount 2, which is CLK 0; periods are 838.1 us.
    const expected = [1, 2, 3].map((n) => Math.ceil(((1 + 1000 * n) * 1e9) / 1_193_182));
    expect(at).toEqual(expected);
  });

  test('the local APIC’s timer, by TSC deadline', () => {
    const { m, log } = machine([
      mmioWrite(0xfee0_0320, 0x4_00ec),
      wrmsr(0x6e0, 5000n),
      sti,
      nop(10_000),
    ]);
    m.run(icount(6000));
    expect(log.at(-1)).toBe('5000 interrupt ec');
  });

  test('a TSC that the guest set is accounted for', () => {
    const { m, vcpu, log } = machine([
      wrmsr(0x10, 1_000_000n),
      mmioWrite(0xfee0_0320, 0x4_00ec),
      wrmsr(0x6e0, 1_005_000n),
      rdmsr(0x6e0),
      sti,
      nop(10_000),
    ]);
    m.run(icount(6000));
    expect(vcpu.replies.map((reply) => reply.kind)).toEqual(['default', 'none', 'none', 'wide']);
    expect(vcpu.replies[3]).toEqual({ kind: 'wide', value: 1_005_000n });
    expect(log.at(-1)).toBe('5000 interrupt ec');
  });

  test('IRQ0 arrives at input 2 of the I/O APIC, the SCI as a level at 9', () => {
    const entry = (n: number, low: number) => [
      mmioWrite(0xfec0_0000, 0x10 + 2 * n),
      mmioWrite(0xfec0_0010, low),
    ];
    const { m, log } = machine(
      [
        ...pit(1000),
        ...entry(2, 0x30),
        ...entry(9, 0x8039),
        out(0xb2, 0xf1), // ACPI mode
        out(0x602, 0x0100, 2), // power button enabled
        sti,
        nop(5_000_000),
      ],
      { handler: [mmioWrite(0xfee0_00b0, 0), iret] },
    );
    m.run(icount(900_000));
    const interrupts = () =>
      log.filter((line) => / interrupt /.test(line)).map((line) => line.split(' ').at(-1));
    expect(interrupts()).toEqual(['30']);
    m.input('power-button', new Uint8Array());
    m.run(icount(900_020));
    // Nobody clears the status: the level asks again after each EOI.
    expect(interrupts().slice(0, 4)).toEqual(['30', '39', '39', '39']);
  });

  test('nothing comes while interrupts are off, and all of it after', () => {
    const { m, log } = machine([...pit(100), ...picSetup(0xfe), cli, nop(500_000), sti, nop(100)], {
      handler: [eoi, iret],
    });
    m.run(icount(500_090));
    expect(log.filter((line) => line.includes('interrupt'))).toEqual(['500016 interrupt 20']);
  });

  test('how the run is sliced changes nothing', () => {
    const steps = [
      ...picSetup(0xee),
      ...pit(300),
      sti,
      ...Array<Step>(20).fill(nop(100_003)),
      hlt,
      inb(0x40),
    ];
    const logs = [FAR, 1_000_000, 99_991, 777].map((slice) => {
      const { m, log, vcpu } = machine(steps, { handler: [nop(5), eoi, iret] });
      m.input('com1', Uint8Array.of(0x41));
      for (let at = 0; vcpu.icount < 2_010_000; ) {
        at = Math.min(2_010_000, at + slice);
        m.run(icount(at));
      }
      return log;
    });
    expect(logs[0]!.length).toBeGreaterThan(20);
    for (const log of logs) expect(log).toEqual(logs[0]);
  });
});

describe('HLT', () => {
  test('jumps to the alarm that wakes it, in one reply', () => {
    const { m, vcpu, log } = machine([...pit(1000), ...picSetup(0xfe), sti, hlt, nop(10)]);
    m.run(icount(16));
    const [hltLine, interruptLine] = log.slice(-2);
    expect(interruptLine).toBe('15 interrupt 20');
    expect(hltLine).toMatch(/^15 \{"kind":"hlt"\} -> \{"kind":"skip","ticks":\d+\}$/);
    expect(vcpu.ticks - vcpu.icount).toBe(Math.ceil((1001 * 1e9) / 1_193_182) - 15);
  });

  test('alarms that do not wake it pass, and count in the same reply', () => {
    const { m, log } = machine([
      ...pit(1000),
      ...picSetup(0xff), // the PIT ticks into a masked input
      mmioWrite(0xfee0_0320, 0x4_00ec),
      wrmsr(0x6e0, 50_000_000n),
      sti,
      hlt,
      nop(10),
    ]);
    m.run(icount(18));
    const skips = log.filter((line) => line.includes('skip'));
    expect(skips).toEqual([`17 {"kind":"hlt"} -> {"kind":"skip","ticks":${50_000_000 - 17}}`]);
    expect(log.at(-1)).toBe('17 interrupt ec');
  });

  test('with an interrupt already waiting skips nothing', () => {
    const ipiToSelf = mmioWrite(0xfee0_0300, 0x4_0031);
    const { m, log } = machine([ipiToSelf, sti, hlt, nop(10)], { handler: [nop(3), iret] });
    m.run(icount(10));
    expect(log.slice(1)).toEqual([
      '3 {"kind":"hlt"} -> {"kind":"skip","ticks":0}',
      '3 interrupt 31',
    ]);
  });

  test('with interrupts off is the end', () => {
    const { m, log } = machine([...pit(1000), ...picSetup(0xfe), cli, hlt]);
    expect(m.run(FAR)).toEqual({ reason: 'halted' });
    expect(m.run(FAR)).toEqual({ reason: 'halted' });
    expect(log.filter((line) => line.includes('skip'))).toEqual([
      '15 {"kind":"hlt"} -> {"kind":"skip","ticks":0}',
    ]);
  });

  test('with nothing that could wake it is the end, also with a PIT ticking into a mask', () => {
    expect(machine([sti, hlt]).m.run(FAR)).toEqual({ reason: 'halted' });
    const ticking = machine([...pit(2), ...picSetup(0xff), sti, hlt]);
    expect(ticking.m.run(FAR)).toEqual({ reason: 'halted' });
  });

  test('an NMI wakes it', () => {
    // LINT0 as NMI is how a PIT becomes a watchdog.
    const { m, vcpu, log } = machine([
      ...pit(1000),
      ...picSetup(0xfe),
      mmioWrite(0xfee0_0350, 0x400),
      sti,
      hlt,
      nop(10),
    ]);
    m.run(icount(20));
    expect(vcpu.nmis).toBe(1);
    expect(log.at(-1)).toBe('16 nmi');
  });
});

describe('waiting for a person', () => {
  /** COM1 with its received-data interrupt through the PIC, and a guest that sleeps. */
  const console1 = [
    ...picSetup(0xef),
    out(0x3fc, 0x08),
    out(0x3f9, 0x01),
    sti,
    ...Array.from({ length: 4 }, () => hlt),
  ];
  const idleTicks = 14;

  test('without an alarm it is idle for ever, until a byte comes', () => {
    const { m, log } = machine(console1, {
      pauseWhenIdle: true,
      handler: [inb(0x3f8), eoi, iret],
    });
    expect(m.run(FAR)).toEqual({ reason: 'idle', until: undefined });
    expect(m.run(FAR)).toEqual({ reason: 'idle', until: undefined });
    m.resumeIdle(2_500);
    expect(m.serialRoom(0)).toBe(1);
    m.input('com1', Uint8Array.of(0x61));
    expect(m.run(FAR)).toEqual({ reason: 'idle', until: undefined });
    expect(log.slice(-5)).toEqual([
      `${idleTicks} input com1 97 @${idleTicks + 2_500}`,
      `${idleTicks} {"kind":"hlt"} -> {"kind":"skip","ticks":2500}`,
      `${idleTicks} interrupt 24`,
      `${idleTicks} {"kind":"pio","dir":"in","port":1016,"size":1,"value":0} -> {"kind":"value","value":97}`,
      `${idleTicks + 1} {"kind":"pio","dir":"out","port":32,"size":1,"value":32} -> {"kind":"none"}`,
    ]);
  });

  test('with an alarm it says until when; an earlier input shortens the sleep', () => {
    const sleeper = [...console1.slice(0, -5), ...pit(0), sti, hlt, hlt];
    const { m, vcpu } = machine(sleeper, { pauseWhenIdle: true, handler: [inb(0x3f8), eoi, iret] });
    const first = m.run(FAR);
    const alarm = Math.ceil((65_536 * 1e9) / 1_193_182); // the last CLK of the period takes OUT low
    expect(first).toEqual({ reason: 'idle', until: alarm });
    m.resumeIdle(1_000_000);
    expect(m.now).toBe(vcpu.ticks + 1_000_000);
    m.input('com1', Uint8Array.of(0x62));
    const second = m.run(FAR);
    expect(vcpu.ticks - vcpu.icount).toBe(1_000_000);
    expect(second).toEqual(first);
    // More than there is to wait is cut off at the alarm.
    m.resumeIdle(Number.MAX_SAFE_INTEGER);
    expect(m.now).toBe(alarm);
  });

  test('pausing or not gives the same run when nothing is typed', () => {
    const steps = [...pit(1000), ...picSetup(0xfe), sti, ...Array.from({ length: 6 }, () => hlt)];
    const handler = [eoi, iret];
    const jumping = machine(steps, { handler });
    const waiting = machine(steps, { handler, pauseWhenIdle: true });
    jumping.m.run(icount(26));
    for (;;) {
      const stop = waiting.m.run(icount(26));
      if (stop.reason !== 'idle') break;
      waiting.m.resumeIdle(123_456);
    }
    expect(waiting.log).toEqual(jumping.log);
  });
});

describe('the end', () => {
  test('power-off comes when its OUT has retired, and stays', () => {
    const { m, vcpu } = machine([nop(7), out(0x604, 0x3400, 2), nop(100)]);
    expect(m.run(FAR)).toEqual({ reason: 'poweroff' });
    expect(vcpu.icount).toBe(8);
    expect(m.run(FAR)).toEqual({ reason: 'poweroff' });
    expect(vcpu.icount).toBe(8);
  });

  test.each([
    ['keyboard controller', out(0x64, 0xfe)],
    ['port 92', out(0x92, 0x01)],
    ['reset control register', out(0xcf9, 0x06)],
  ])('reset by the %s', (by, step) => {
    const { m, vcpu } = machine([nop(7), step, nop(100)]);
    expect(m.run(FAR)).toEqual({ reason: 'reset', by });
    expect(vcpu.icount).toBe(8);
  });

  test('no interrupt is delivered after it', () => {
    const steps = [mmioWrite(0xfee0_0300, 0x4_0031), out(0xcf9, 0x06), sti, nop(5)];
    const { m, log } = machine(steps);
    expect(m.run(FAR).reason).toBe('reset');
    expect(log.some((line) => line.includes('interrupt'))).toBe(false);
  });

  test('a shutdown is a triple fault', () => {
    const { m, log } = machine([nop(3), { exit: { kind: 'shutdown' } }]);
    expect(m.run(FAR)).toEqual({ reason: 'triple-fault' });
    expect(m.run(FAR)).toEqual({ reason: 'triple-fault' });
    expect(log).toEqual(['3 {"kind":"shutdown"} -> {"kind":"none"}']);
  });
});

describe('replies', () => {
  test('MSRs: the APIC’s are ours, the rest are the vCPU’s or faults', () => {
    const { m, vcpu } = machine([
      rdmsr(0x1b),
      wrmsr(0x1b, 0xfee0_0d00n), // x2APIC mode
      wrmsr(0xc000_0080, 0n),
      rdmsr(0x1234),
    ]);
    m.run(icount(10));
    expect(vcpu.replies).toEqual([
      { kind: 'wide', value: 0xfee0_0900n },
      { kind: 'fault' },
      { kind: 'default' },
      { kind: 'fault' },
    ]);
  });

  test('CR8 is the task priority, and holds interrupts back', () => {
    const cr8 = (dir: 'read' | 'write', value = 0): Step => ({ exit: { kind: 'cr8', dir, value } });
    const { m, vcpu, log } = machine([
      cr8('write', 3),
      mmioWrite(0xfee0_0300, 0x4_0035),
      sti,
      nop(5),
      cr8('read'),
      cr8('write', 2),
      nop(5),
    ]);
    m.run(icount(20));
    expect(vcpu.replies[2]).toEqual({ kind: 'value', value: 3 });
    expect(log.at(-1)).toBe('10 interrupt 35');
  });

  test('RDRAND is a stream from the seed', () => {
    const rdrand: Step = { exit: { kind: 'random', instruction: 'rdrand', size: 4 } };
    const stream = (randomSeed: bigint) => {
      const { m, vcpu } = machine([rdrand, rdrand, rdrand], { randomSeed });
      m.run(icount(5));
      return vcpu.replies;
    };
    expect(stream(1n)).toEqual(stream(1n));
    expect(stream(1n)).not.toEqual(stream(2n));
    for (const reply of stream(1n)) {
      expect(reply.kind === 'wide' && reply.value < 2n ** 32n).toBe(true);
    }
  });

  test('CPUID follows the APIC’s enable bit', () => {
    const leaf1: Step = { exit: { kind: 'cpuid', leaf: 1, subleaf: 0 } };
    const { m, vcpu } = machine([leaf1, wrmsr(0x1b, 0xfee0_0100n), leaf1]);
    m.run(icount(5));
    const apic = [0, 2].map((i) => {
      const reply = vcpu.replies[i]!;
      return reply.kind === 'cpuid' && (reply.regs[3] >>> 9) & 1;
    });
    expect(apic).toEqual([1, 0]);
  });
});

describe('state', () => {
  const busy = [...pit(5000), ...picSetup(0xfe), sti, ...Array<Step>(50).fill(nop(200_001))];
  const handler = [inb(0x40), eoi, iret];

  test('a machine loaded from a save runs on exactly as the one that was saved', () => {
    const original = machine(busy, { handler, randomSeed: 7n });
    original.m.run(icount(5_000_000));
    const saved = JSON.parse(JSON.stringify(original.m.save()));
    const vcpu = original.vcpu.fork();
    const { log, tap } = logger();
    const copy = new Machine(vcpu, { rtcStart: 0, tap });
    expect(copy.load(saved)).toEqual({ ok: true, value: undefined });
    expect(copy.save()).toEqual(saved);
    const before = original.log.length;
    original.m.run(icount(9_000_000));
    copy.run(icount(9_000_000));
    expect(log.length).toBeGreaterThan(2);
    expect(log).toEqual(original.log.slice(before));
    expect(copy.save()).toEqual(original.m.save());
  });

  test('a state that does not fit is one line', () => {
    const { m } = machine([]);
    const state = m.save();
    for (const bad of [
      { ...state, version: 9 },
      { ...state, tscOffset: 5 },
      { ...state, board: undefined },
      { ...state, board: { ...state.board, chips: {} } },
      { ...state, board: { ...state.board, chips: { ...Object(state.board).chips, pit: null } } },
    ]) {
      const result = m.load(bad as never);
      expect(result.ok).toBe(false);
      expect(!result.ok && result.error).toMatch(/^[^\n]+$/);
    }
  });

  test('a halted machine that waits cannot be saved', () => {
    const { m } = machine([sti, hlt], { pauseWhenIdle: true });
    m.run(FAR);
    expect(m.isIdle).toBe(true);
    expect(() => m.save()).toThrow('HLT');
  });

  test('two machines in one process do not meet', () => {
    const a = machine(busy, { handler });
    const b = machine(busy, { handler });
    for (let at = 100_000; at <= 2_000_000; at += 100_000) {
      a.m.run(icount(at));
      if (at % 300_000 === 0) b.m.run(icount(at));
    }
    b.m.run(icount(2_000_000));
    expect(b.log).toEqual(a.log);
  });
});

test('powerOn puts the ACPI tables and the plan in RAM, and the registers in place', () => {
  const { m, vcpu } = machine([]);
  m.powerOn({
    writes: [{ at: gpa(0x7c00), bytes: Uint8Array.of(0xf4) }],
    registers: { rip: 0x7c00n },
  });
  expect(vcpu.ram.bytes[0x7c00]).toBe(0xf4);
  expect(String.fromCharCode(...vcpu.ram.peek(gpa(0xe_0000), 8))).toBe('RSD PTR ');
  expect(vcpu.given).toEqual({ rip: 0x7c00n });
});

test('a bus master’s writes go through the tap', () => {
  const { m, vcpu, log } = machine([]);
  m.dma.write(gpa(0x1000), Uint8Array.of(1, 2, 3));
  expect([...vcpu.ram.peek(gpa(0x1000), 3)]).toEqual([1, 2, 3]);
  expect([...m.dma.read(gpa(0x1001), 2)]).toEqual([2, 3]);
  expect(log).toEqual(['0 dma 4096 3']);
});

test('what the guest sends comes out by port', () => {
  const sent: [number, number][] = [];
  const { m } = machine([out(0x3f8, 0x48), out(0x2f8, 0x69)], {
    transmitted: (port, byte) => void sent.push([port, byte]),
  });
  m.run(icount(5));
  expect(sent).toEqual([
    [0, 0x48],
    [1, 0x69],
  ]);
});

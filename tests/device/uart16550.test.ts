import { describe, expect, test } from 'vitest';
import { Uart16550, uartReg } from '../../src/engine/device/uart16550.ts';
import { UartPort } from '../../src/engine/device/uart16550-port.ts';
import { bench, keepsItsState, Probe, US } from './bench.ts';

const RBR = 0;
const THR = 0;
const IER = 1;
const IIR = 2;
const FCR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const SCR = 7;

function uart() {
  const sent: number[] = [];
  const chip = new Uart16550((byte) => sent.push(byte));
  chip.write(MCR, 0x08); // OUT2 opens the interrupt gate
  return { chip, sent };
}

describe('registers', () => {
  test('DLAB turns offsets 0 and 1 into the divisor', () => {
    const { chip } = uart();
    chip.write(LCR, 0x83);
    chip.write(0, 0x01);
    chip.write(1, 0x00);
    expect([chip.read(0), chip.read(1)]).toEqual([1, 0]);
    chip.write(LCR, 0x03);
    expect(chip.read(IER)).toBe(0);
    expect(uartReg(0, 'read', true)).toBe('DLL');
    expect(uartReg(0, 'write', false)).toBe('THR');
    expect(uartReg(2, 'read', true)).toBe('IIR');
  });

  test('a FIFO chip shows itself: 16550A with FCR0, 16450 without, and a scratch register', () => {
    const { chip } = uart();
    expect(chip.read(IIR)).toBe(0x01);
    chip.write(FCR, 0x01);
    expect(chip.read(IIR)).toBe(0xc1);
    chip.write(SCR, 0x5a);
    expect(chip.read(SCR)).toBe(0x5a);
  });

  test('the transmitter is always empty, and every byte leaves', () => {
    const { chip, sent } = uart();
    for (const byte of [0x48, 0x69]) {
      expect(chip.read(LSR)).toBe(0x60);
      chip.write(THR, byte);
    }
    expect(sent).toEqual([0x48, 0x69]);
  });
});

describe('receiving', () => {
  test('without FIFOs there is room for one, and the next overwrites it', () => {
    const { chip } = uart();
    expect(chip.room).toBe(1);
    chip.receive(0x41);
    expect(chip.read(LSR)).toBe(0x61);
    chip.receive(0x42);
    expect(chip.read(LSR)).toBe(0x63); // OE
    expect(chip.read(LSR)).toBe(0x61); // reading cleared it
    expect(chip.read(RBR)).toBe(0x42);
    expect(chip.read(LSR)).toBe(0x60);
  });

  test('the FIFO holds 16, and it is the seventeenth that is lost', () => {
    const { chip } = uart();
    chip.write(FCR, 0x01);
    for (let i = 0; i < 17; i++) chip.receive(i);
    expect(chip.room).toBe(0);
    expect(chip.read(LSR) & 0x02).toBe(0x02);
    expect(Array.from({ length: 16 }, () => chip.read(RBR))).toEqual([...Array(16).keys()]);
    expect(chip.read(LSR) & 0x01).toBe(0);
  });

  test('FCR1 empties the FIFO, and so does turning FIFOs on or off', () => {
    const { chip } = uart();
    chip.receive(1);
    chip.write(FCR, 0x01);
    expect(chip.read(LSR) & 1).toBe(0);
    chip.receive(2);
    chip.write(FCR, 0x03);
    expect(chip.read(LSR) & 1).toBe(0);
    chip.receive(3);
    chip.write(FCR, 0x02); // FCR0 = 0: the other bits do not count, but the mode changes
    expect(chip.read(LSR) & 1).toBe(0);
  });
});

describe('interrupts', () => {
  test('are shown by priority: line status, data, transmitter, modem', () => {
    const { chip } = uart();
    chip.write(IER, 0x0f);
    chip.receive(1);
    chip.receive(2); // overrun
    chip.write(MCR, 0x18); // loopback for a change of the modem inputs ...
    chip.write(MCR, 0x08); // ... and back
    expect(chip.intr).toBe(true);
    expect(chip.read(IIR)).toBe(0x06);
    chip.read(LSR);
    expect(chip.read(IIR)).toBe(0x04);
    chip.read(RBR);
    expect(chip.read(IIR)).toBe(0x02); // reading it clears it
    expect(chip.read(IIR)).toBe(0x00);
    chip.read(MSR);
    expect(chip.read(IIR)).toBe(0x01);
    expect(chip.intr).toBe(false);
  });

  test('reading IIR clears THRE only when THRE is what it shows', () => {
    const { chip } = uart();
    chip.write(IER, 0x03);
    chip.receive(1);
    expect(chip.read(IIR)).toBe(0x04);
    chip.read(RBR);
    expect(chip.read(IIR)).toBe(0x02);
  });

  test('enabling ETBEI interrupts at once, each time (Linux tests for both)', () => {
    const { chip } = uart();
    chip.write(IER, 0x02);
    expect(chip.read(IIR)).toBe(0x02);
    chip.write(IER, 0x02);
    expect(chip.read(IIR)).toBe(0x01);
    chip.write(IER, 0x00);
    chip.write(IER, 0x02);
    expect(chip.read(IIR)).toBe(0x02);
  });

  test('a transmitted byte takes the interrupt down and brings it back', () => {
    const seen: boolean[] = [];
    const chip: Uart16550 = new Uart16550(() => seen.push(chip.intr));
    chip.write(MCR, 0x08);
    chip.write(IER, 0x02);
    chip.write(THR, 0x41);
    expect(seen).toEqual([false]);
    expect(chip.intr).toBe(true);
  });

  test('the received-data interrupt waits for the trigger level', () => {
    for (const [fcr, level] of [
      [0x01, 1],
      [0x41, 4],
      [0x81, 8],
      [0xc1, 14],
    ] as const) {
      const { chip } = uart();
      chip.write(FCR, fcr);
      chip.write(IER, 0x01);
      for (let i = 1; i < level; i++) chip.receive(i);
      expect(chip.intr).toBe(false);
      chip.receive(0);
      expect(chip.read(IIR)).toBe(0xc4);
      chip.read(RBR);
      expect(chip.intr).toBe(false);
    }
  });

  test('OUT2 is the gate between the chip and the pin', () => {
    const { chip } = uart();
    chip.write(IER, 0x02);
    expect(chip.intr).toBe(true);
    chip.write(MCR, 0x00);
    expect(chip.intr).toBe(false);
    expect(chip.read(IIR)).toBe(0x02);
  });
});

describe('loopback', () => {
  test('bytes come back and do not leave; the line is cut off', () => {
    const { chip, sent } = uart();
    chip.write(MCR, 0x10);
    chip.write(THR, 0xae);
    chip.receive(0x55);
    expect(chip.read(RBR)).toBe(0xae);
    expect(chip.read(LSR) & 1).toBe(0);
    expect(sent).toEqual([]);
  });

  test('the modem outputs come back as inputs, with their deltas', () => {
    const { chip } = uart();
    expect(chip.read(MSR) & 0xf0).toBe(0xb0); // a terminal that is ready
    chip.write(MCR, 0x1f);
    expect(chip.read(MSR)).toBe(0xf0);
    chip.write(MCR, 0x1a); // RTS and OUT2
    expect(chip.read(MSR)).toBe(0x90 | 0x04 | 0x02); // DSR changed, RI's trailing edge
    expect(chip.read(MSR)).toBe(0x90);
  });
});

test('keeps its state', () => {
  const { chip } = uart();
  chip.write(FCR, 0xc1);
  chip.write(IER, 0x0f);
  chip.write(LCR, 0x83);
  chip.write(0, 1);
  chip.write(SCR, 7);
  for (let i = 0; i < 20; i++) chip.receive(i);
  chip.armTimeout(12_345);
  keepsItsState(chip, new Uart16550(() => {}));
});

describe('on the bus', () => {
  function port() {
    const { pio, clock } = bench();
    const irq = new Probe();
    const sent: number[] = [];
    const transmitted = (byte: number) => void sent.push(byte);
    const com1 = new UartPort(pio, { name: 'COM1', base: 0x3f8, irq, clock, transmitted });
    pio.write(0x3fc, 1, 0x08);
    return { pio, clock, irq, sent, com1 };
  }
  /** 115,200 baud, 8N1: ten bits, 86.8 us a character. */
  function at115200(pio: ReturnType<typeof port>['pio']) {
    pio.write(0x3fb, 1, 0x83);
    pio.write(0x3f8, 2, 0x0001); // both divisor bytes at once
    pio.write(0x3fb, 1, 0x03);
  }

  test('each byte sent with ETBEI on is an edge on the pin', () => {
    const { pio, irq, sent } = port();
    pio.write(0x3f9, 1, 0x02);
    expect(irq.rises).toBe(1);
    pio.write(0x3f8, 1, 0x41);
    pio.write(0x3f8, 1, 0x42);
    expect(irq.rises).toBe(3);
    expect(sent).toEqual([0x41, 0x42]);
  });

  test('a byte below the trigger level is reported after four character times', () => {
    const { pio, clock, irq, com1 } = port();
    at115200(pio);
    pio.write(0x3fa, 1, 0xc1);
    pio.write(0x3f9, 1, 0x01);
    com1.receive(0x61);
    clock.pass(346 * US);
    expect(irq.level).toBe(false);
    clock.pass(3 * US);
    expect(irq.level).toBe(true);
    expect(pio.read(0x3fa, 1)).toBe(0xcc);
    expect(pio.read(0x3f8, 1)).toBe(0x61);
    expect([irq.level, clock.next]).toEqual([false, undefined]);
  });

  test('each byte that arrives or is read starts the time anew', () => {
    const { pio, clock, irq, com1 } = port();
    at115200(pio);
    pio.write(0x3fa, 1, 0xc1);
    pio.write(0x3f9, 1, 0x01);
    for (let i = 0; i < 4; i++) {
      com1.receive(i);
      clock.pass(300 * US);
    }
    pio.read(0x3f8, 1);
    clock.pass(300 * US);
    expect(irq.level).toBe(false);
    clock.pass(50 * US);
    expect(irq.level).toBe(true);
  });

  test('keeps its state, and its alarm with it', () => {
    const { pio, clock, com1 } = port();
    pio.write(0x3fa, 1, 0xc1);
    com1.receive(1);
    const other = port();
    keepsItsState(com1, other.com1);
    expect(other.clock.next).toBe(clock.next);
  });
});

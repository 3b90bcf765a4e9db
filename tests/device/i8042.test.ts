import { describe, expect, test } from 'vitest';
import { KeyboardPort } from '../../src/engine/device/i8042-port.ts';
import { bench, keepsItsState, Probe } from './bench.ts';

function keyboard() {
  const { pio } = bench();
  const irq1 = new Probe();
  const irq12 = new Probe();
  const resets: string[] = [];
  const port = new KeyboardPort(pio, { irq1, irq12, reset: (by) => resets.push(by) });
  const command = (byte: number, data?: number) => {
    pio.write(0x64, 1, byte);
    if (data !== undefined) pio.write(0x60, 1, data);
  };
  const status = () => pio.read(0x64, 1);
  /** All that waits in the output buffer, one byte after the other. */
  const drain = () => {
    const bytes: number[] = [];
    while ((status() & 1) !== 0) bytes.push(pio.read(0x60, 1));
    return bytes;
  };
  return { pio, irq1, irq12, resets, port, command, status, drain };
}

describe('the controller', () => {
  test('passes its self-test and turns the interfaces off', () => {
    const { command, drain, status } = keyboard();
    command(0xaa);
    expect(status() & 0x0d).toBe(0x0d); // A2, SYS, OBF
    expect(drain()).toEqual([0x55]);
    command(0x20);
    expect(drain()).toEqual([0x34]);
    command(0xab);
    expect(drain()).toEqual([0x00]);
  });

  test('has a command byte and 31 bytes of memory', () => {
    const { command, drain } = keyboard();
    command(0x60, 0x47);
    command(0x65, 0xa5);
    command(0x20);
    command(0x25);
    expect(drain()).toEqual([0x47, 0xa5]);
  });

  test('AD and AE, A7 and A8 turn the interfaces off and on', () => {
    const { command, drain, port } = keyboard();
    command(0xad);
    port.scancode(0x1c);
    expect(drain()).toEqual([]);
    command(0xae);
    expect(drain()).toEqual([0x1e]);
    command(0xa7);
    command(0x20);
    expect(drain()[0]! & 0x20).toBe(0x20);
    command(0xa8);
    command(0x20);
    expect(drain()[0]! & 0x20).toBe(0);
  });

  test('answers D2 and D3 from the interface they name, on its interrupt', () => {
    const { command, status, drain, irq1, irq12 } = keyboard();
    command(0x60, 0x47); // both interrupts, auxiliary on
    command(0xd2, 0x33);
    expect([status() & 0x21, irq1.level, irq12.level]).toEqual([0x01, true, false]);
    expect(drain()).toEqual([0x33]);
    command(0xd3, 0x5a);
    expect([status() & 0x21, irq1.level, irq12.level]).toEqual([0x21, false, true]);
    expect(drain()).toEqual([0x5a]);
  });

  test('says that nothing is plugged into the auxiliary port', () => {
    const { command, status, pio } = keyboard();
    command(0xd4, 0xf2);
    expect(status() & 0x61).toBe(0x61); // time-out, from the auxiliary port
    expect(pio.read(0x60, 1)).toBe(0xfe);
    expect(status() & 0x61).toBe(0);
  });

  test('holds the A20 gate, also at port 92', () => {
    const { command, drain, pio, resets } = keyboard();
    expect(pio.read(0x92, 1)).toBe(0x02);
    command(0xd1, 0xdd); // A20 off
    expect(pio.read(0x92, 1)).toBe(0x00);
    pio.write(0x92, 1, 0x02);
    command(0xd0);
    expect(drain()[0]! & 0x03).toBe(0x03);
    expect(resets).toEqual([]);
  });

  test('resets the machine by FE, by the output port and by port 92', () => {
    const { command, pio, resets } = keyboard();
    command(0xff); // pulses nothing
    command(0xfe);
    command(0xd1, 0xfe);
    pio.write(0x92, 1, 0x01);
    expect(resets).toEqual(['keyboard controller', 'keyboard controller', 'port 92']);
  });

  test('a guest that never reads does not make it grow', () => {
    const { command, port } = keyboard();
    for (let i = 0; i < 100; i++) command(0x20);
    expect(JSON.stringify(port.save()).length).toBeLessThan(1000);
  });
});

describe('the keyboard', () => {
  test('a key arrives translated into set 1, each byte with its own edge', () => {
    const { port, pio, irq1 } = keyboard();
    // A and its release, then Up, in set 2.
    for (const byte of [0x1c, 0xf0, 0x1c, 0xe0, 0x75]) port.scancode(byte);
    const got = [0x1e, 0x9e, 0xe0, 0x48].map(() => pio.read(0x60, 1));
    expect(got).toEqual([0x1e, 0x9e, 0xe0, 0x48]);
    expect(irq1.rises).toBe(4);
    expect(irq1.level).toBe(false);
  });

  test('without translation it speaks set 2', () => {
    const { port, command, drain } = keyboard();
    command(0x60, 0x05);
    for (const byte of [0x1c, 0xf0, 0x1c]) port.scancode(byte);
    expect(drain()).toEqual([0x1c, 0xf0, 0x1c]);
  });

  test('resets, identifies itself and obeys', () => {
    const { pio, drain, command } = keyboard();
    const send = (byte: number) => {
      pio.write(0x60, 1, byte);
      return drain();
    };
    expect(send(0xff)).toEqual([0xfa, 0xaa]);
    expect(send(0xf2)).toEqual([0xfa, 0xab, 0x41]); // 83 translated
    command(0x60, 0x05);
    expect(send(0xf2)).toEqual([0xfa, 0xab, 0x83]);
    expect(send(0xee)).toEqual([0xee]);
    expect([...send(0xed), ...send(0x02)]).toEqual([0xfa, 0xfa]);
    expect([...send(0xf3), ...send(0x00)]).toEqual([0xfa, 0xfa]);
    expect([...send(0xf0), ...send(0x00)]).toEqual([0xfa, 0xfa, 0x02]);
    expect(send(0x05)).toEqual([0xfe]); // not a command
    expect(send(0xfe)).toEqual([0xfe]); // resend: that was the last byte
  });

  test('F5 stops the keys, F4 lets them come', () => {
    const { pio, port, drain } = keyboard();
    pio.write(0x60, 1, 0xf5);
    port.scancode(0x1c);
    expect(drain()).toEqual([0xfa]);
    pio.write(0x60, 1, 0xf4);
    port.scancode(0x1c);
    expect(drain()).toEqual([0xfa, 0x1e]);
  });

  test('a full buffer ends with the overrun code', () => {
    const { port, command, drain } = keyboard();
    command(0x60, 0x05);
    for (let i = 0; i < 40; i++) port.scancode(0x1c);
    const bytes = drain();
    // One byte is already in the controller.
    expect(bytes).toEqual([...Array(17).fill(0x1c), 0x00]);
  });
});

test('keeps its state', () => {
  const { port, command } = keyboard();
  command(0x60, 0x07);
  command(0xd4);
  for (const byte of [0x1c, 0xf0, 0x1c]) port.scancode(byte);
  keepsItsState(port, keyboard().port);
});

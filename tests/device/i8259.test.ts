import { describe, expect, test } from 'vitest';
import { I8259 } from '../../src/engine/device/i8259.ts';
import { PicPair } from '../../src/engine/device/i8259-port.ts';
import { bench, keepsItsState, Probe } from './bench.ts';

/** A single 8259A with vectors from 20H, as ICW1 to ICW4 set it up. */
function single({ icw4 = 0x01, icw1 = 0x13 } = {}): I8259 {
  const pic = new I8259('master');
  pic.write(0, icw1);
  pic.write(1, 0x20);
  pic.write(1, icw4);
  return pic;
}

const EOI = 0x20;
/** Reads IRR or ISR through OCW3. */
const read = {
  irr(pic: I8259) {
    pic.write(0, 0x0a);
    return pic.read(0);
  },
  isr(pic: I8259) {
    pic.write(0, 0x0b);
    return pic.read(0);
  },
};

describe('one 8259A', () => {
  test('a rising edge is requested, acknowledged, in service, ended', () => {
    const pic = single();
    pic.setLine(3, true);
    expect(pic.int).toBe(true);
    expect(read.irr(pic)).toBe(0x08);
    expect(pic.acknowledge()).toEqual({ input: 3, vector: 0x23 });
    expect([read.irr(pic), read.isr(pic), pic.int]).toEqual([0, 0x08, false]);
    pic.write(0, EOI);
    expect(read.isr(pic)).toBe(0);
    // The line is still up, but an edge counts once.
    expect(pic.int).toBe(false);
    pic.setLine(3, false);
    pic.setLine(3, true);
    expect(pic.int).toBe(true);
  });

  test('IR0 beats IR7; a lower one waits for the EOI of a higher one', () => {
    const pic = single();
    pic.setLine(7, true);
    pic.setLine(1, true);
    expect(pic.acknowledge().vector).toBe(0x21);
    expect(pic.int).toBe(false);
    pic.setLine(0, true);
    expect(pic.acknowledge().vector).toBe(0x20); // nests
    pic.write(0, EOI); // ends 0
    expect(pic.int).toBe(false);
    pic.write(0, EOI); // ends 1
    expect(pic.acknowledge().vector).toBe(0x27);
  });

  test('a line that falls before INTA gives a spurious IR7 without an ISR bit', () => {
    const pic = single();
    pic.setLine(4, true);
    pic.setLine(4, false);
    expect(pic.int).toBe(false);
    expect(pic.acknowledge()).toEqual({ input: 7, vector: 0x27 });
    expect(read.isr(pic)).toBe(0);
  });

  test('level-triggered inputs ask again as long as the line is up', () => {
    const pic = single({ icw1: 0x1b }); // LTIM
    pic.setLine(5, true);
    pic.acknowledge();
    pic.write(0, EOI);
    expect(pic.int).toBe(true);
    pic.setLine(5, false);
    expect(pic.int).toBe(false);
  });

  test('the mask hides a request and does not lose it', () => {
    const pic = single();
    pic.write(1, 0x10);
    expect(pic.read(1)).toBe(0x10);
    pic.setLine(4, true);
    expect(pic.int).toBe(false);
    expect(read.irr(pic)).toBe(0x10);
    pic.write(1, 0x00);
    expect(pic.int).toBe(true);
  });

  test('automatic EOI leaves nothing in service', () => {
    const pic = single({ icw4: 0x03 });
    pic.setLine(2, true);
    pic.acknowledge();
    expect(read.isr(pic)).toBe(0);
  });

  test('rotation: in automatic EOI mode, on EOI, specific, and by set priority', () => {
    const pic = single({ icw4: 0x03 });
    pic.write(0, 0x80); // rotate in automatic EOI mode
    pic.setLine(0, true);
    pic.acknowledge();
    pic.setLine(0, false);
    pic.setLine(0, true);
    pic.setLine(1, true);
    expect(pic.acknowledge().input).toBe(1); // 0 went last

    const other = single();
    other.setLine(2, true);
    other.acknowledge();
    other.write(0, 0xa0); // rotate on non-specific EOI: now 3 is first, 2 last
    other.setLine(2, false);
    other.setLine(2, true);
    other.setLine(5, true);
    expect(other.acknowledge().input).toBe(5);
    other.write(0, 0xe5); // rotate on specific EOI 5: 6 first
    other.setLine(6, true);
    expect(other.acknowledge().input).toBe(6);
    other.write(0, 0x66); // specific EOI 6
    other.write(0, 0xc1); // set priority: 1 last, 2 first
    other.setLine(1, true);
    expect(other.acknowledge().input).toBe(2);
  });

  test('special mask mode lets lower ones in while a higher one is in service and masked', () => {
    const pic = single();
    pic.setLine(1, true);
    pic.acknowledge();
    pic.setLine(6, true);
    pic.write(1, 0x02);
    expect(pic.int).toBe(false);
    pic.write(0, 0x68); // ESMM, SMM
    expect(pic.acknowledge().input).toBe(6);
    // A non-specific EOI skips the masked one.
    pic.write(0, EOI);
    expect(read.isr(pic)).toBe(0x02);
  });

  test('a poll acknowledges by itself and says which', () => {
    const pic = single();
    pic.write(0, 0x0c);
    expect(pic.read(0)).toBe(0x00);
    pic.setLine(3, true);
    pic.write(0, 0x0c);
    expect(pic.read(0)).toBe(0x83);
    expect(read.isr(pic)).toBe(0x08);
  });

  test('ICW1 starts over: mask and in-service gone, the even address reads IRR', () => {
    const pic = single();
    pic.setLine(3, true);
    pic.acknowledge();
    pic.write(1, 0xff);
    pic.write(0, 0x13);
    pic.write(1, 0x40);
    pic.write(1, 0x01);
    expect(pic.read(1)).toBe(0);
    expect(read.isr(pic)).toBe(0);
    pic.setLine(0, true);
    expect(pic.acknowledge().vector).toBe(0x40);
  });

  test('without IC4 there is no ICW4 to wait for', () => {
    const pic = new I8259('master');
    pic.write(0, 0x12);
    pic.write(1, 0x20);
    pic.write(1, 0xa5);
    expect(pic.read(1)).toBe(0xa5);
  });

  test('keeps its state', () => {
    const pic = single({ icw4: 0x13 });
    pic.setElcr(0x08);
    pic.setLine(3, true);
    pic.setLine(4, true);
    pic.acknowledge();
    pic.write(0, 0x68);
    pic.write(1, 0x40);
    keepsItsState(pic, new I8259('master'));
  });
});

/** The pair as Linux sets it up: vectors from 20H, slave on IR2. */
function pair() {
  const { pio } = bench();
  const intr = new Probe();
  const pics = new PicPair(pio, intr);
  for (const [command, base, icw3] of [
    [0x20, 0x20, 0x04],
    [0xa0, 0x28, 0x02],
  ] as const) {
    pio.write(command, 1, 0x11);
    pio.write(command + 1, 1, base);
    pio.write(command + 1, 1, icw3);
    pio.write(command + 1, 1, 0x01);
  }
  return { pio, intr, pics };
}

describe('the pair', () => {
  test('IRQ14 comes through the cascade with the slave’s vector', () => {
    const { pio, intr, pics } = pair();
    pics.pin(14).set(true);
    expect(intr.level).toBe(true);
    expect(pics.acknowledge()).toBe(0x2e);
    expect(intr.level).toBe(false);
    // Both must be ended before another comes from the slave.
    pics.pin(15).set(true);
    pio.write(0xa0, 1, EOI);
    expect(intr.level).toBe(false);
    pio.write(0x20, 1, EOI);
    expect(pics.acknowledge()).toBe(0x2f);
  });

  test('a slave request that goes away takes the cascade with it: a spurious IRQ7', () => {
    const { pio, pics } = pair();
    pics.pin(10).set(true);
    pics.pin(10).set(false);
    expect(pics.acknowledge()).toBe(0x27);
    pio.write(0x4d1, 1, 0x04); // IRQ10 by level
    pics.pin(10).set(true);
    expect(pics.acknowledge()).toBe(0x2a);
  });

  test('special fully nested mode lets the slave nest within itself', () => {
    const { pio, intr, pics } = pair();
    pio.write(0x20, 1, 0x11);
    for (const icw of [0x20, 0x04, 0x11]) pio.write(0x21, 1, icw);
    pics.pin(12).set(true);
    pics.acknowledge();
    pics.pin(8).set(true);
    expect(intr.level).toBe(true);
    expect(pics.acknowledge()).toBe(0x28);
  });

  test('the ELCR keeps the bits that can be levels', () => {
    const { pio } = pair();
    pio.write(0x4d0, 2, 0xffff);
    expect(pio.read(0x4d0, 2)).toBe(0xdef8);
  });

  test('keeps its state', () => {
    const { pics } = pair();
    pics.pin(14).set(true);
    keepsItsState(pics, new PicPair(bench().pio, new Probe()));
  });
});

import { describe, expect, test } from 'vitest';
import { AcpiPmPort } from '../../src/engine/device/acpi-pm-port.ts';
import { bench, keepsItsState, Probe, SECOND } from './bench.ts';

const STATUS = 0x600;
const ENABLE = 0x602;
const CONTROL = 0x604;
const TIMER = 0x608;
const SMI_CMD = 0xb2;

function pm() {
  const { pio, clock } = bench();
  const sci = new Probe();
  const log = { powerOffs: 0 };
  const port = new AcpiPmPort(pio, { clock, sci, powerOff: () => void log.powerOffs++ });
  return { pio, clock, sci, log, port };
}

describe('the PM timer', () => {
  test('counts 3,579,545 a second in 24 bits', () => {
    const { pio, clock } = pm();
    expect(pio.read(TIMER, 4)).toBe(0);
    clock.pass(SECOND);
    expect(pio.read(TIMER, 4)).toBe(3_579_545);
    clock.pass(9 * SECOND);
    expect(pio.read(TIMER, 4)).toBe(35_795_450 % 2 ** 24);
    pio.write(TIMER, 4, 0);
    expect(pio.read(TIMER, 4)).toBe(35_795_450 % 2 ** 24);
  });

  test('its carry sets TMR_STS, and the SCI if enabled in ACPI mode', () => {
    const { pio, clock, sci } = pm();
    pio.write(SMI_CMD, 1, 0xf1);
    clock.pass(3 * SECOND);
    expect(pio.read(STATUS, 2)).toBe(0x0001); // 2^23 passed after 2.34 s
    pio.write(STATUS, 2, 0x0001);
    expect(pio.read(STATUS, 2)).toBe(0);
    pio.write(ENABLE, 2, 0x0001);
    clock.pass(1.5 * SECOND);
    expect(sci.level).toBe(false);
    clock.pass(0.5 * SECOND);
    expect(sci.level).toBe(true);
    pio.write(STATUS, 2, 0x0001);
    expect(sci.level).toBe(false);
  });
});

test('ACPI mode is entered and left through SMI_CMD', () => {
  const { pio } = pm();
  expect(pio.read(CONTROL, 2)).toBe(0);
  pio.write(SMI_CMD, 1, 0xf1);
  expect(pio.read(CONTROL, 2)).toBe(0x0001);
  pio.write(CONTROL, 2, 0x0000); // SCI_EN is not the system's to write
  expect(pio.read(CONTROL, 2)).toBe(0x0001);
  pio.write(SMI_CMD, 1, 0xf0);
  expect(pio.read(CONTROL, 2)).toBe(0x0000);
  pio.write(0xb3, 1, 0x77);
  expect(pio.read(0xb3, 1)).toBe(0x77);
});

test('the power button raises the SCI until its status is cleared', () => {
  const { pio, port, sci } = pm();
  pio.write(SMI_CMD, 1, 0xf1);
  pio.write(ENABLE, 2, 0x0100);
  port.pressPowerButton();
  expect([sci.level, pio.read(STATUS, 2)]).toEqual([true, 0x0100]);
  pio.write(STATUS, 2, 0x0100);
  expect(sci.level).toBe(false);
});

test('RTC_EN can be set, as drivers check, and reports nothing', () => {
  const { pio, clock, sci } = pm();
  pio.write(SMI_CMD, 1, 0xf1);
  pio.write(ENABLE, 2, 0xffff);
  expect(pio.read(ENABLE, 2)).toBe(0x0521);
  pio.write(ENABLE, 2, 0x0400);
  clock.pass(100 * SECOND);
  expect(sci.level).toBe(false);
});

describe('PM1 control', () => {
  test('SLP_EN with the type of S5 powers off; SLP_EN reads as 0', () => {
    const { pio, log } = pm();
    pio.write(CONTROL, 2, (5 << 10) | 0x2000);
    expect(log.powerOffs).toBe(1);
    expect(pio.read(CONTROL, 2)).toBe(5 << 10);
  });

  test('SLP_TYP alone, or another type, does not', () => {
    const { pio, log } = pm();
    pio.write(CONTROL, 2, 5 << 10);
    pio.write(CONTROL, 2, (3 << 10) | 0x2000);
    expect(log.powerOffs).toBe(0);
  });
});

test('keeps its state, and its alarm with it', () => {
  const { pio, port, clock } = pm();
  pio.write(SMI_CMD, 2, 0x55f1);
  pio.write(ENABLE, 2, 0x0101);
  clock.pass(3 * SECOND);
  pio.write(STATUS, 2, 0x0001);
  port.pressPowerButton();
  const other = pm();
  other.clock.pass(3 * SECOND);
  keepsItsState(port, other.port);
  expect(other.clock.next).toBe(clock.next);
});

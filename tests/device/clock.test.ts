import { describe, expect, test } from 'vitest';
import { Clock } from '../../src/engine/clock.ts';
import { countAt, ticksAt } from '../../src/engine/device/frequency.ts';
import { ticks } from '../../src/engine/units.ts';

function at(now: number) {
  const time = { now };
  return { time, clock: new Clock(() => ticks(time.now)) };
}

describe('the clock', () => {
  test('fires in the order of time, then of names, whoever scheduled first', () => {
    const { time, clock } = at(0);
    const fired: string[] = [];
    const alarms = ['rtc', 'lapic', 'pit'].map((name) => clock.alarm(name, () => fired.push(name)));
    alarms[0]!.schedule(ticks(20));
    alarms[2]!.schedule(ticks(10));
    alarms[1]!.schedule(ticks(20));
    expect(clock.headroom()).toBe(10);
    time.now = 20;
    expect(clock.fireDue()).toBe(3);
    expect(fired).toEqual(['pit', 'lapic', 'rtc']);
    expect(clock.headroom()).toBe(Number.POSITIVE_INFINITY);
  });

  test('an alarm is unlinked before it is called, so that it may schedule itself', () => {
    const { time, clock } = at(0);
    const alarm = clock.alarm('periodic', () => {
      expect(alarm.at).toBeUndefined();
      alarm.schedule(ticks(time.now + 5));
    });
    alarm.schedule(ticks(5));
    time.now = 7;
    clock.fireDue();
    expect(alarm.at).toBe(12);
  });

  test('one that schedules itself for the past waits for the next call', () => {
    const { time, clock } = at(100);
    let fired = 0;
    const alarm = clock.alarm('hasty', () => {
      fired++;
      alarm.schedule(ticks(50));
    });
    alarm.schedule(ticks(100));
    expect(clock.fireDue()).toBe(1);
    expect(clock.headroom()).toBe(0);
    time.now = 101;
    expect(clock.fireDue()).toBe(1);
    expect(fired).toBe(2);
  });

  test('one alarm may cancel another that is due', () => {
    const { clock } = at(10);
    const second = clock.alarm('b', () => expect.unreachable());
    const first = clock.alarm('a', () => second.cancel());
    first.schedule(ticks(10));
    second.schedule(ticks(10));
    expect(clock.fireDue()).toBe(1);
    expect(clock.next).toBeUndefined();
  });

  test('a second schedule replaces the first', () => {
    const { clock } = at(0);
    const alarm = clock.alarm('a', () => {});
    alarm.schedule(ticks(10));
    alarm.schedule(ticks(30));
    expect(clock.next).toBe(30);
  });

  test('names are unique and times are ticks', () => {
    const { clock } = at(0);
    const alarm = clock.alarm('a', () => {});
    expect(() => clock.alarm('a', () => {})).toThrow();
    expect(() => alarm.schedule(ticks(0.5))).toThrow();
  });
});

describe('other frequencies', () => {
  test.each([32_768, 1_193_182, 1_843_200, 3_579_545])(
    '%i Hz: a count is reached at its tick',
    (hz) => {
      for (const count of [0, 1, 2, 999, hz - 1, hz, hz + 1, 7 * hz + 3, 3_000_000 * hz + 17]) {
        const reached = ticksAt(count, hz);
        expect(countAt(reached, hz)).toBe(count);
        if (count > 0) expect(countAt(ticks(reached - 1), hz)).toBe(count - 1);
      }
    },
  );

  test('agrees with exact arithmetic at odd times', () => {
    for (const now of [1, 838, 839, 999_999_999, 1_000_000_001, 4_502_400_000_000_123]) {
      const exact = (BigInt(now) * 1_193_182n) / 1_000_000_000n;
      expect(BigInt(countAt(ticks(now), 1_193_182))).toBe(exact);
    }
  });
});

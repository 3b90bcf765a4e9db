/** The interface on a recording of the demo guest, and its screen as text. */

import { readFileSync } from 'node:fs';
import { createVcpu } from '../../src/engine/index.ts';
import { ReplaySession } from '../../src/replay/session.ts';
import { Timeline } from '../../src/replay/timeline.ts';
import { loadSymbols } from '../../src/symbols/load.ts';
import { ReplayTarget } from '../../src/target/replay-target.ts';
import { Recording } from '../../src/trace/recording.ts';
import { press } from '../../src/tui/keys.ts';
import { plain } from '../../src/tui/text.ts';
import { Ui } from '../../src/tui/ui.ts';
import { type Size, screenOf, screenParts } from '../../src/tui/view/screen.ts';
import { recordGuest } from '../replay/machine/record-guest.ts';

const KERNEL = 'guests/demo/demo.elf';
const MIB = 1024 * 1024;
export const SMALL: Size = { columns: 80, rows: 24 };

let file: Uint8Array | undefined;

export class DemoUi {
  readonly ui: Ui;
  size = SMALL;

  constructor() {
    const kernel = readFileSync(KERNEL);
    const memoryBytes = 32 * MIB;
    file ??= recordGuest({ kernel, memoryBytes, limit: 20e6, hashSpacing: 1e6 }).file;
    const session = new ReplaySession(Recording.fromBytes(file), createVcpu({ memoryBytes }));
    const target = new ReplayTarget(new Timeline(session));
    const table = loadSymbols(kernel, KERNEL);
    // biome-ignore lint/correctness/useYield: there is nothing to look for
    const look = function* () {
      return false;
    };
    this.ui = new Ui(target, { fileName: 'demo.retro', names: { table, look } });
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await press(this.ui, key, screenOf(this.ui, this.size));
  }

  /** After ":", as typed. */
  async command(text: string): Promise<void> {
    await this.press(':', ...text, 'Enter');
  }

  lines(size = this.size): string[] {
    const { top, body, bottom } = screenParts(this.ui, size, { color: false, unicode: false });
    const columns = body.map((stack) => stack.flatMap(({ lines }) => lines.map(plain)));
    const rows = (columns[0] ?? []).map((_, row) => columns.map((lines) => lines[row]).join(''));
    return [...top.map(plain), ...rows, ...bottom.map(plain)];
  }

  get screen(): string {
    return this.lines().join('\n');
  }

  /** The line of code that RIP points at. */
  get here(): string {
    return this.lines({ columns: 250, rows: 70 }).find((row) => /^.> [0-9a-f]{8}/.test(row)) ?? '';
  }

  get icount(): number {
    return this.ui.target.when().mark.icount;
  }
}

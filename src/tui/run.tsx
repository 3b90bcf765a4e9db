/**
 * Runs the interface on a terminal, and gives the terminal back as it was, whatever ends it: a key, a
 * signal, a terminal that is gone, or a bug of ours. Without a terminal, one screen as text.
 */

import { render } from 'ink';
import { App } from './app.tsx';
import { isFrame, Painter, type Size } from './painter.ts';
import { Sheet } from './sheet.ts';
import type { Theme } from './theme.ts';
import type { Ui } from './ui.ts';

export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly theme: Theme;
}

const LEAST: Size = { columns: 40, rows: 16 };
const DEFAULT: Size = { columns: 80, rows: 24 };

const sizeOf = ({ columns, rows }: Partial<Size>): Size => ({
  columns: Math.max(LEAST.columns, columns || DEFAULT.columns),
  rows: Math.max(LEAST.rows, rows || DEFAULT.rows),
});

/** What the screen would show, as lines without color. */
export function printScreen(ui: Ui, size: Partial<Size>, theme: Theme): string {
  const real = sizeOf(size);
  const sheet = new Sheet();
  let frame = '';
  const painter = new Painter(real, () => {});
  const stdout = painter as unknown as NodeJS.WriteStream;
  painter.write = (text: string): boolean => {
    if (isFrame(text)) frame = sheet.expand(text);
    return true;
  };
  const shown = { ui, size: real, theme, sheet };
  const app = <App {...shown} interactive={false} onError={rethrow} />;
  render(app, { stdout, debug: true, patchConsole: false, exitOnCtrlC: false }).unmount();
  return frame
    .split('\n')
    .map((row) => row.trimEnd())
    .join('\n')
    .trimEnd();
}

function rethrow(error: unknown): never {
  throw error;
}

/** Resolves when the person quits; rejects with what went wrong. */
export async function runTerminal(ui: Ui, { input, output, theme }: Terminal): Promise<void> {
  const sheet = new Sheet();
  const painter = new Painter(sizeOf(output), (text) => output.write(text), sheet);
  const stdout = painter as unknown as NodeJS.WriteStream;
  let finish: () => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const done = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  const app = () => (
    <App
      {...{ ui, size: sizeOf(output), theme, sheet }}
      interactive
      onError={(error) => fail(error)}
    />
  );
  painter.enter();
  const ink = render(app(), {
    ...{ stdin: input, stdout, debug: true, patchConsole: false, exitOnCtrlC: false },
  });
  const leave = (): void => painter.leave();
  const onResize = (): void => {
    painter.resize(sizeOf(output));
    ink.rerender(app());
  };
  const onContinue = (): void => {
    input.setRawMode(true);
    painter.enter();
    ink.rerender(app());
  };
  ui.suspend = () => {
    painter.leave();
    input.setRawMode(false);
    // All of what was started together: npm or a script may stand between us and the shell.
    process.kill(0, 'SIGTSTP');
  };
  const unsubscribe = ui.subscribe(() => {
    painter.mouse(ui.mouse);
    if (ui.quitting) finish();
  });
  const coolDown = ui.warmUp();
  process.on('exit', leave);
  for (const signal of ENDING) process.on(signal, finish);
  process.on('SIGCONT', onContinue);
  output.on('resize', onResize);
  // A terminal that was closed: nothing can be written any more, and that is no bug.
  output.on('error', finish);
  input.on('end', finish);
  try {
    await done;
  } finally {
    coolDown();
    unsubscribe();
    ui.cancel();
    ink.unmount();
    leave();
    await ui.moved;
    process.off('exit', leave);
    process.off('SIGCONT', onContinue);
    for (const signal of ENDING) process.off(signal, finish);
    output.off('resize', onResize);
    input.off('end', finish);
  }
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

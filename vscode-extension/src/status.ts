/** The status bar: where in time the guest stands, which way it came, and whether it is off its recording. */

import * as vscode from 'vscode';
import { describePosition, grouped, type Position, percent } from '../../src/dap/position-text.ts';
import type { TimeSession } from './time-session.ts';

export function showStatus(time: TimeSession): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    'retrovisor.time',
    vscode.StatusBarAlignment.Left,
    50,
  );
  item.name = 'Retrovisor: position in time';
  const update = (): void => {
    const { position } = time;
    if (!position) {
      item.hide();
      return;
    }
    const arrow = time.direction === 'backwards' ? '$(arrow-left)' : '$(arrow-right)';
    item.text = `$(history) ${arrow} ${labelOf(position)}`;
    item.tooltip = tooltipOf(position, time.direction);
    item.accessibilityInformation = {
      label: `Retrovisor: ${describePosition(position)}, last moved ${time.direction}`,
    };
    const off = position.where === 'diversion';
    item.command = off ? 'retrovisor.endDiversion' : 'retrovisor.seek';
    item.backgroundColor = off
      ? new vscode.ThemeColor('statusBarItem.warningBackground')
      : undefined;
    item.show();
  };
  const subscription = time.onChanged(update);
  update();
  return vscode.Disposable.from(item, subscription);
}

function labelOf({ where, icount, share, from }: Position): string {
  switch (where) {
    case 'start':
      return 'start of the recording';
    case 'end':
      return `end · ${grouped(icount)}`;
    case 'present':
      return `present · ${grouped(icount)}`;
    case 'diversion':
      return `diversion from ${from} · ${grouped(icount)}`;
    case 'past':
      return `past · ${percent(share)} · ${grouped(icount)}`;
  }
}

function tooltipOf(position: Position, direction: string): vscode.MarkdownString {
  const { mark, exits, interrupts, ticks, end } = position;
  return new vscode.MarkdownString(
    [
      `**${describePosition(position)}**, last moved ${direction}`,
      '',
      `mark \`${mark}\` of ${grouped(end)}; behind it ${grouped(exits)} exits and ${grouped(interrupts)} interrupts, ${grouped(ticks)} ns of guest time`,
      '',
      position.where === 'diversion'
        ? 'Click to go back to the recording.'
        : 'Click to go to another mark.',
    ].join('\n'),
  );
}

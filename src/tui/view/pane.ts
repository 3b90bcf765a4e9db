/** What every view of a pane gets, and scrolling that keeps a selected row visible. */

import type { Line } from '../text.ts';
import type { Glyphs } from '../theme.ts';
import type { Ui } from '../ui.ts';

export interface PaneSize {
  readonly width: number;
  readonly height: number;
  readonly focused: boolean;
  readonly glyphs: Glyphs;
}

export type PaneView = (
  ui: Ui,
  size: PaneSize,
) => {
  readonly title: string;
  readonly lines: Line[];
  /** Which of the lines is the selected one. */
  readonly selected?: number;
};

/** The first of `count` rows to show, so that `selected` is in view and not at the edge. */
export function firstRow(selected: number, count: number, height: number): number {
  const wanted = selected - Math.floor(height / 2);
  return Math.max(0, Math.min(wanted, count - height));
}

/** The console pane: the guest's terminal as it looked at the cursor. */

import { fitted, type Line, line, plain, span, without } from '../text.ts';
import type { PaneView } from './pane.ts';

export const consoleView: PaneView = (ui, { width, height }) => {
  const { lines, cursor } = ui.screen;
  const up = Math.min(ui.scroll.console ?? 0, Math.max(0, lines.length - height));
  const last = lines.length - up;
  const first = Math.max(0, last - height);
  const shown: Line[] = lines.slice(first, last).map((spans, i) => {
    if (first + i !== cursor.line) return spans;
    // The guest's cursor, as a block.
    const text = plain(spans).padEnd(cursor.column + 1);
    const [before, under] = [text.slice(0, cursor.column), text[cursor.column] ?? ' '];
    return [span(before), span(under, 'selected'), span(text.slice(cursor.column + 1))];
  });
  const where = up > 0 ? `  ${up} lines above the end` : '';
  if (lines.length === 0) return { title: 'Console', lines: [line('nothing printed yet', 'dim')] };
  return {
    title: `Console${where}`,
    lines: shown.map((spans) => fitted([...without(spans, ui.consoleLeft), span('')], width)),
  };
};

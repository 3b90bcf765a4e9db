/** The code pane: disassembly around RIP with names. */

import { type Line, line, type Span, span } from '../text.ts';
import { firstRow, type PaneView } from './pane.ts';

const BYTES_FROM_WIDTH = 76;

export const codeView: PaneView = (ui, { width, height, focused, glyphs }) => {
  const { code, rip } = ui.snapshot;
  const name = ui.symbols?.name(rip);
  const title = `Code${name ? `  ${name}` : ''}`;
  if (code.length === 0)
    return { title, lines: [line(`nothing is mapped at ${rip.toString(16)}`, 'bad')] };
  const rows: { readonly at: bigint; readonly spans: Line }[] = [];
  for (const instruction of code) {
    const { rip: at, text, comment, label, bytes } = instruction;
    if (label !== undefined) rows.push({ at: -1n, spans: line(`${label}:`, 'symbol') });
    const stop = ui.stops.at(at);
    const marker = stop ? glyphs.breakpoint : ' ';
    const here = at === rip;
    const tone = here ? 'here' : 'plain';
    const spans: Span[] = [
      span(marker, stop?.enabled ? 'bad' : 'dim'),
      span(here ? glyphs.arrow : ' ', 'here'),
      span(` ${shortAddress(at, rip)}  `, here ? 'here' : 'address'),
    ];
    if (width >= BYTES_FROM_WIDTH) {
      spans.push(span(`${Buffer.from(bytes).toString('hex').slice(0, 20).padEnd(20)}  `, 'dim'));
    }
    spans.push(span(text, tone));
    if (comment !== '') spans.push(span(`  ; ${comment}`, 'symbol'));
    const selected = focused && at === ui.codeSelected;
    rows.push({ at, spans: selected ? spans.map((s) => span(s.text, 'selected')) : spans });
  }
  const wanted = ui.codeSelected === 0n ? rip : ui.codeSelected;
  const selected = Math.max(
    0,
    rows.findIndex(({ at }) => at === wanted),
  );
  const first = firstRow(selected, rows.length, height);
  return {
    title,
    lines: rows.slice(first, first + height).map(({ spans }) => spans),
    selected: selected - first,
  };
};

/** Kernel addresses are long and all begin alike; low ones are short. */
function shortAddress(at: bigint, rip: bigint): string {
  return at.toString(16).padStart(rip > 0xffff_ffffn ? 16 : 8, '0');
}

/** Text with a meaning for each stretch; what a meaning looks like is the theme's business. */

export type Tone =
  | 'plain'
  | 'dim'
  | 'strong'
  | 'title'
  | 'focus'
  | 'address'
  | 'symbol'
  | 'changed'
  | 'here'
  | 'selected'
  | 'exit'
  | 'interrupt'
  | 'console'
  | 'sleep'
  | 'good'
  | 'warning'
  | 'bad';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}
export type Line = readonly Span[];

export const span = (text: string, tone: Tone = 'plain'): Span => ({ text, tone });
export const line = (text: string, tone: Tone = 'plain'): Line => [span(text, tone)];
export const plain = (spans: Line): string => spans.map(({ text }) => text).join('');

/** Terminals give these two columns (Unicode TR 11, "East Asian Width", as ranges). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;
const CONTROL = /\p{Cc}/gu;

export function columns(text: string): number {
  let width = 0;
  for (const char of text) width += WIDE.test(char) ? 2 : 1;
  return width;
}

/** Exactly `width` columns: cut, or filled up with blanks in the last span's tone. */
export function fitted(spans: Line, width: number): Line {
  const found: Span[] = [];
  let left = width;
  for (const { text, tone } of spans) {
    if (left <= 0) break;
    let part = text.replace(CONTROL, ' ');
    if (columns(part) > left) part = cut(part, left);
    found.push({ text: part, tone });
    left -= columns(part);
  }
  const last = found.at(-1);
  const tone = last?.tone === 'selected' ? last.tone : 'plain';
  if (left > 0) found.push({ text: ' '.repeat(left), tone });
  return found;
}

function cut(text: string, width: number): string {
  let [left, found] = [width, ''];
  for (const char of text) {
    left -= WIDE.test(char) ? 2 : 1;
    if (left < 0) break;
    found += char;
  }
  return found;
}

/** Without its first columns. */
export function without(spans: Line, width: number): Line {
  let left = width;
  return spans.flatMap(({ text, tone }) => {
    const gone = cut(text, left);
    left -= columns(gone);
    return gone.length < text.length ? [span(text.slice(gone.length), tone)] : [];
  });
}

/** Two lines' worth on one: the second ends at the right edge, and gives way first. */
export function spread(left: Line, right: Line, width: number): Line {
  const used = left.reduce((sum, { text }) => sum + columns(text), 0);
  const wanted = right.reduce((sum, { text }) => sum + columns(text), 0);
  if (used + wanted >= width) return fitted(left, width);
  return [...left, span(' '.repeat(width - used - wanted)), ...right];
}

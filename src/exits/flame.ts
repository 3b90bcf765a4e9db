/**
 * Call stacks for flame graphs: "folded" lines (`main;serial_write;pio-out COM1 THR 1234`, as
 * flamegraph.pl and speedscope read them) and an SVG of the graph that needs nothing but a browser.
 */

import type { Tally } from './statistics.ts';

export type Weight = 'samples' | 'time';

/** Tallies by stack; `;` ends a frame, so it cannot be in a name. */
export function foldedLines(tallies: readonly Tally[], weight: Weight): string[] {
  return tallies
    .map(({ subject, reason, cost }) => ({
      stack: `${subject};${reason}`,
      value: weight === 'time' ? cost.sum : cost.count,
    }))
    .filter(({ value }) => value > 0)
    .map(({ stack, value }) => `${stack} ${value}`)
    .sort();
}

interface Node {
  readonly name: string;
  value: number;
  readonly children: Map<string, Node>;
}

const WIDTH = 1200;
const ROW = 17;
const TOP = 40;
const CHARACTER = 6.6;
/** Narrower boxes are not drawn. */
const LEAST = 0.3;

export function flameGraph(folded: readonly string[], title: string): string {
  const root: Node = { name: 'all', value: 0, children: new Map() };
  for (const line of folded) {
    const space = line.lastIndexOf(' ');
    const value = Number(line.slice(space + 1));
    let node = root;
    node.value += value;
    for (const name of line.slice(0, space).split(';')) {
      const child = node.children.get(name) ?? { name, value: 0, children: new Map() };
      node.children.set(name, child);
      child.value += value;
      node = child;
    }
  }
  const depth = depthOf(root);
  const height = TOP + depth * ROW + 24;
  const boxes: string[] = [];
  draw(root, {
    x: 0,
    level: 0,
    scale: root.value > 0 ? WIDTH / root.value : 0,
    depth,
    boxes,
    total: root.value,
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">`,
    '<style>text{font:11px monospace;pointer-events:none;fill:#201a10}rect{stroke:#fff;stroke-width:.5}',
    'rect:hover{stroke:#000;stroke-width:1}.title{font:bold 15px sans-serif}</style>',
    `<rect width="${WIDTH}" height="${height}" fill="#fdfbf5" stroke="none"/>`,
    `<text class="title" x="${WIDTH / 2}" y="24" text-anchor="middle">${escaped(title)}</text>`,
    ...boxes,
    '</svg>',
    '',
  ].join('\n');
}

interface Drawing {
  readonly x: number;
  readonly level: number;
  readonly scale: number;
  readonly depth: number;
  readonly total: number;
  readonly boxes: string[];
}

/** The root at the bottom, as flame graphs are. */
function draw(node: Node, drawing: Drawing): void {
  const { x, level, scale, depth, boxes, total } = drawing;
  const width = node.value * scale;
  if (width < LEAST) return;
  const y = TOP + (depth - 1 - level) * ROW;
  const share = total > 0 ? ((node.value / total) * 100).toFixed(2) : '0';
  const title = `${node.name}: ${node.value.toLocaleString('en-US')} (${share} %)`;
  boxes.push(
    `<g><title>${escaped(title)}</title><rect x="${x.toFixed(2)}" y="${y}" width="${width.toFixed(2)}" height="${ROW - 1}" fill="${colorOf(node.name)}" rx="1"/>`,
  );
  const room = Math.floor((width - 6) / CHARACTER);
  if (room >= 3) {
    const text = node.name.length <= room ? node.name : `${node.name.slice(0, room - 2)}..`;
    boxes.push(`<text x="${(x + 3).toFixed(2)}" y="${y + 12}">${escaped(text)}</text>`);
  }
  boxes.push('</g>');
  let at = x;
  for (const child of [...node.children.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    draw(child, { ...drawing, x: at, level: level + 1 });
    at += child.value * scale;
  }
}

const depthOf = ({ children }: Node): number =>
  1 + Math.max(0, ...[...children.values()].map(depthOf));

/** Warm, and the same for the same name. */
function colorOf(name: string): string {
  let hash = 7;
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 65_521;
  return `hsl(${20 + (hash % 35)} ${70 + (hash % 20)}% ${62 + (hash % 14)}%)`;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`).replace(/\p{Cc}/gu, '?');

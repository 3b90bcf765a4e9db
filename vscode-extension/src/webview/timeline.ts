/**
 * The timeline: how many exits and interrupts of which kind there are over time, what the guest
 * printed, bookmarks, checkpoints, and where the guest stands. Click or drag to go there, turn the
 * wheel to zoom, hold Shift to move along; the arrow keys do it as well.
 */

import type { TimelineData } from '../../../src/dap/custom.ts';
import type { FromTimeline, ToTimeline } from '../messages.ts';

declare function acquireVsCodeApi(): { postMessage(message: FromTimeline): void };

const api = acquireVsCodeApi();
const root = document.getElementById('root')!;

/** By kind: a theme's colour, and what stands in the legend. */
const KINDS: Readonly<Record<string, readonly [string, string]>> = {
  pio: ['--vscode-charts-blue', 'port I/O'],
  mmio: ['--vscode-charts-purple', 'MMIO'],
  hlt: ['--vscode-charts-foreground', 'HLT'],
  other: ['--vscode-charts-orange', 'other exits'],
  interrupt: ['--vscode-charts-red', 'interrupts'],
  dma: ['--vscode-charts-lines', 'DMA'],
  input: ['--vscode-charts-yellow', 'inputs'],
  console: ['--vscode-charts-green', 'console'],
};
const LANE = 14;
const ZOOM = 1.25;
const LEAST = 32;

let data: TimelineData | null = null;
let direction = 'forwards';
const hidden = new Set<string>();
let hover: number | undefined;
let dragging: number | undefined;

const head = element('div', 'line');
const track = element('div', 'track');
const canvas = document.createElement('canvas');
const tip = element('div', 'tip');
const legend = element('div', 'line');
const nothing = element('div', 'empty');
nothing.textContent = 'Start a Retrovisor session, and its time is here.';
track.tabIndex = 0;
track.setAttribute('role', 'slider');
track.setAttribute('aria-label', 'Position in time');
track.append(canvas, tip);
tip.hidden = true;

function element(tag: string, className: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}

const colour = (name: string): string =>
  getComputedStyle(document.body).getPropertyValue(name).trim() || '#888';
const grouped = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');

window.addEventListener('message', ({ data: message }: MessageEvent<ToTimeline>) => {
  data = message.data;
  direction = message.direction;
  render();
});
new ResizeObserver(() => draw()).observe(track);

function render(): void {
  if (!data) {
    root.replaceChildren(nothing);
    return;
  }
  root.replaceChildren(head, track, legend);
  const { position, from, to, end } = data;
  const now = element('span', 'now');
  const arrow = direction === 'backwards' ? '◀' : '▶';
  now.textContent = `${arrow} ${grouped(position.icount)}`;
  const share = element('span', 'share');
  share.textContent = `${(position.share * 100).toFixed(2)} % · ${PLACES[position.where]}`;
  const shown = element('span', 'range');
  const whole = from === 0 && to >= end;
  shown.textContent = whole ? 'the whole recording' : `${grouped(from)} … ${grouped(to)}`;
  head.replaceChildren(now, share, element('span', 'spread'), shown);
  if (!whole) head.append(button('Show all', () => range(0, end + 1)));
  legend.replaceChildren(...data.kinds.flatMap(legendOf));
  track.setAttribute('aria-valuemin', '0');
  track.setAttribute('aria-valuemax', String(end));
  track.setAttribute('aria-valuenow', String(position.icount));
  track.setAttribute('aria-valuetext', `icount ${position.icount}, ${PLACES[position.where]}`);
  draw();
}

const PLACES: Readonly<Record<string, string>> = {
  ...{ start: 'start of the recording', past: 'in the past', end: 'end of the recording' },
  ...{ present: 'in the present', diversion: 'in a diversion' },
};

function button(text: string, act: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.textContent = text;
  made.addEventListener('click', act);
  return made;
}

function legendOf(kind: string, index: number): HTMLElement[] {
  const total = data!.columns.reduce((sum, counts) => sum + (counts[index] ?? 0), 0);
  if (total === 0) return [];
  const [name, label] = KINDS[kind] ?? ['--vscode-charts-foreground', kind];
  const made = button('', () => {
    if (!hidden.delete(kind)) hidden.add(kind);
    render();
  });
  const swatch = element('span', 'swatch');
  swatch.style.background = colour(name);
  made.append(swatch, `${label} ${grouped(total)}`);
  made.setAttribute('aria-pressed', String(!hidden.has(kind)));
  return [made];
}

const xOf = (icount: number): number =>
  ((icount - data!.from) / (data!.to - data!.from)) * track.clientWidth;
const icountAt = (x: number): number =>
  Math.round(data!.from + (x / track.clientWidth) * (data!.to - data!.from));

function draw(): void {
  if (!data) return;
  const width = track.clientWidth;
  const height = track.clientHeight;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d')!;
  context.scale(scale, scale);
  context.clearRect(0, 0, width, height);
  const bottom = height - LANE;
  drawColumns(context, width, LANE, bottom);
  drawMilestones(context, bottom, height);
  drawBookmarks(context, bottom);
  drawNow(context, height);
}

function drawColumns(
  context: CanvasRenderingContext2D,
  width: number,
  top: number,
  bottom: number,
): void {
  const { columns, kinds } = data!;
  const shown = kinds.map((kind, i) => ({ kind, i })).filter(({ kind }) => !hidden.has(kind));
  const sum = (counts: readonly number[]): number =>
    shown.reduce((total, { i }) => total + (counts[i] ?? 0), 0);
  // A few very busy columns would make all others vanish: the square root keeps them visible.
  const most = Math.sqrt(Math.max(1, ...columns.map(sum)));
  const each = width / columns.length;
  context.fillStyle = colour('--vscode-editorWidget-background');
  context.fillRect(0, top, width, bottom - top);
  for (const [column, counts] of columns.entries()) {
    const total = sum(counts);
    if (total === 0) continue;
    const full = (Math.sqrt(total) / most) * (bottom - top);
    let y = bottom;
    for (const { kind, i } of shown) {
      const part = ((counts[i] ?? 0) / total) * full;
      if (part <= 0) continue;
      context.fillStyle = colour((KINDS[kind] ?? ['--vscode-charts-foreground'])[0]);
      context.fillRect(column * each, y - part, Math.max(0.6, each - (each > 3 ? 1 : 0)), part);
      y -= part;
    }
  }
}

function drawMilestones(context: CanvasRenderingContext2D, top: number, bottom: number): void {
  context.fillStyle = colour('--vscode-charts-green');
  for (const { icount } of data!.console) context.fillRect(xOf(icount), top + 3, 1.5, 5);
  context.fillStyle = colour('--vscode-descriptionForeground');
  for (const icount of data!.checkpoints) {
    const x = xOf(icount);
    if (x >= 0 && x <= track.clientWidth) context.fillRect(x - 1, bottom - 3, 2, 2);
  }
}

function drawBookmarks(context: CanvasRenderingContext2D, bottom: number): void {
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  for (const { name, icount } of data!.bookmarks) {
    const x = xOf(icount);
    if (x < 0 || x > track.clientWidth) continue;
    context.fillStyle = colour('--vscode-charts-yellow');
    context.fillRect(x - 0.5, 0, 1, bottom);
    context.fillRect(x, 0, 7, 9);
    context.fillStyle = colour('--vscode-foreground');
    context.fillText(name, x + 10, 9);
  }
}

function drawNow(context: CanvasRenderingContext2D, height: number): void {
  const x = xOf(dragging ?? data!.position.icount);
  context.fillStyle = colour('--vscode-focusBorder');
  context.fillRect(x - 1, 0, 2, height);
  context.beginPath();
  context.moveTo(x - 6, 0);
  context.lineTo(x + 6, 0);
  context.lineTo(x, 9);
  context.fill();
  if (hover === undefined || dragging !== undefined) return;
  context.fillStyle = colour('--vscode-descriptionForeground');
  context.fillRect(xOf(hover), LANE, 1, height - LANE);
}

function showTip(x: number, icount: number): void {
  const { columns, kinds, from, to, console: lines, bookmarks } = data!;
  const near = ((to - from) / track.clientWidth) * 4;
  const mark = bookmarks.find((one) => Math.abs(one.icount - icount) < near);
  const line = lines.find((one) => Math.abs(one.icount - icount) < near);
  const counts = columns[Math.floor((x / track.clientWidth) * columns.length)] ?? [];
  const busy = kinds.flatMap((kind, i) =>
    counts[i] ? [`${counts[i]} ${KINDS[kind]?.[1] ?? kind}`] : [],
  );
  tip.textContent = [grouped(icount), mark?.name, line && `"${line.text}"`, busy.join(', ')]
    .filter(Boolean)
    .join(' · ');
  tip.hidden = false;
  const right = x > track.clientWidth / 2;
  tip.style.left = right ? '' : `${x + 12}px`;
  tip.style.right = right ? `${track.clientWidth - x + 12}px` : '';
}

function range(from: number, to: number): void {
  const { end } = data!;
  const width = Math.min(end + 1, Math.max(LEAST, Math.round(to - from)));
  const first = Math.max(0, Math.min(Math.round(from), end + 1 - width));
  api.postMessage({ kind: 'range', from: first, to: first + width, whole: width >= end + 1 });
}

function seek(icount: number): void {
  const { end } = data!;
  // A line of the console or a bookmark close by is what one meant.
  const near = ((data!.to - data!.from) / track.clientWidth) * 3;
  const mark = data!.bookmarks.find((one) => Math.abs(one.icount - icount) < near);
  const at = Math.max(0, Math.min(end, icount));
  api.postMessage({ kind: 'seek', mark: mark ? mark.name : at >= end ? 'end' : String(at) });
}

track.addEventListener('pointermove', (event) => {
  if (!data) return;
  const icount = icountAt(event.offsetX);
  hover = icount;
  if (dragging !== undefined) dragging = icount;
  showTip(event.offsetX, icount);
  draw();
});
track.addEventListener('pointerleave', () => {
  hover = undefined;
  tip.hidden = true;
  draw();
});
track.addEventListener('pointerdown', (event) => {
  if (!data || event.button !== 0) return;
  track.setPointerCapture(event.pointerId);
  dragging = icountAt(event.offsetX);
  draw();
});
track.addEventListener('pointerup', (event) => {
  if (!data || dragging === undefined) return;
  dragging = undefined;
  seek(icountAt(event.offsetX));
});
track.addEventListener(
  'wheel',
  (event) => {
    if (!data) return;
    event.preventDefault();
    const { from, to } = data;
    const width = to - from;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = Math.sign(event.deltaX || event.deltaY) * width * 0.1;
      range(from + by, to + by);
      return;
    }
    const at = icountAt(event.offsetX);
    const wanted = event.deltaY < 0 ? width / ZOOM : width * ZOOM;
    const share = (at - from) / width;
    range(at - share * wanted, at + (1 - share) * wanted);
  },
  { passive: false },
);
track.addEventListener('keydown', (event) => {
  if (!data) return;
  const { from, to, position, end } = data;
  const step = Math.max(1, Math.round((to - from) / 100));
  const centre = (width: number): void =>
    range(position.icount - width / 2, position.icount + width / 2);
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => seek(position.icount - step),
    ArrowRight: () => seek(position.icount + step),
    Home: () => seek(0),
    End: () => seek(end),
    '+': () => centre((to - from) / ZOOM),
    '-': () => centre((to - from) * ZOOM),
    '0': () => range(0, end + 1),
  };
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

root.replaceChildren(nothing);
api.postMessage({ kind: 'ready' });

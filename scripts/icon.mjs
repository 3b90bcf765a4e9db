/**
 * Draws the extension's icon: time as a circle with an arrow that runs back, and in it the triangle of
 * "play", pointing left. Written as PNG (W3C PNG specification) without any library.
 *
 *     node scripts/icon.mjs OUTPUT
 */

import { writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

const SIZE = 256;
/** Samples a pixel's side. */
const FINE = 4;

const BACKGROUND = [22, 33, 62];
const RING = [255, 183, 3];
const PLAY = [233, 237, 245];

/** The colour at a place in [0, 1) × [0, 1); null is transparent. */
function colourAt(x, y) {
  const dx = x - 0.5;
  const dy = y - 0.5;
  if (!inRounded(dx, dy, 0.48, 0.11)) return null;
  if (inTriangle(x, y, [0.36, 0.5], [0.6, 0.36], [0.6, 0.64])) return PLAY;
  // The arrow's head, at the top, points against the clock.
  if (inTriangle(x, y, [0.34, 0.185], [0.49, 0.07], [0.49, 0.3])) return RING;
  const radius = Math.hypot(dx, dy);
  // Degrees clockwise from the top. The ring is open where the head is.
  const angle = (Math.atan2(dx, -dy) * 180) / Math.PI;
  const open = angle > -62 && angle < -2;
  if (radius > 0.28 && radius < 0.35 && !open) return RING;
  return BACKGROUND;
}

function inRounded(dx, dy, half, corner) {
  const ox = Math.max(0, Math.abs(dx) - (half - corner));
  const oy = Math.max(0, Math.abs(dy) - (half - corner));
  return Math.hypot(ox, oy) <= corner;
}

function inTriangle(x, y, a, b, c) {
  const side = (p, q) => (q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0]);
  const sides = [side(a, b), side(b, c), side(c, a)];
  return sides.every((s) => s >= 0) || sides.every((s) => s <= 0);
}

function pixel(px, py) {
  let red = 0;
  let green = 0;
  let blue = 0;
  let covered = 0;
  for (let i = 0; i < FINE * FINE; i++) {
    const x = (px + ((i % FINE) + 0.5) / FINE) / SIZE;
    const y = (py + (Math.floor(i / FINE) + 0.5) / FINE) / SIZE;
    const colour = colourAt(x, y);
    if (!colour) continue;
    covered++;
    red += colour[0];
    green += colour[1];
    blue += colour[2];
  }
  if (covered === 0) return [0, 0, 0, 0];
  const alpha = Math.round((covered / (FINE * FINE)) * 255);
  return [red, green, blue].map((sum) => Math.round(sum / covered)).concat(alpha);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(checksum(body), body.length + 4);
  return framed;
}

/** CRC-32 of the PNG specification; Node has it from 20.15 on. */
const checksum = (bytes) => crc32(bytes) >>> 0;

const rows = Buffer.alloc(SIZE * (SIZE * 4 + 1));
for (let y = 0; y < SIZE; y++) {
  for (let x = 0; x < SIZE; x++) {
    rows.set(pixel(x, y), y * (SIZE * 4 + 1) + 1 + x * 4);
  }
}
const header = Buffer.alloc(13);
header.writeUInt32BE(SIZE, 0);
header.writeUInt32BE(SIZE, 4);
// 8 bits a sample, colour with alpha.
header.set([8, 6, 0, 0, 0], 8);
const png = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  chunk('IHDR', header),
  chunk('IDAT', deflateSync(rows, { level: 9 })),
  chunk('IEND', Buffer.alloc(0)),
]);
writeFileSync(process.argv[2] ?? 'vscode-extension/media/icon.png', png);

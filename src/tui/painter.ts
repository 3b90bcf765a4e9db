/**
 * Draws frames on a terminal without flicker: Ink lays a frame out and hands it over as text, and only
 * the rows that changed are sent, each in its place, as one synchronized update (DEC mode 2026, which
 * terminals without it ignore). Ink's own way is to erase and rewrite everything.
 */

import { EventEmitter } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { MOUSE_OFF, MOUSE_ON } from './mouse.ts';
import { Sheet } from './sheet.ts';
import { columns } from './text.ts';

const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Stands for stdout where Ink is concerned. */
export class Painter extends EventEmitter {
  readonly isTTY = true;
  #size: Size;
  #shown: readonly string[] = [];
  #active = false;
  #mouse = false;
  readonly #send: (text: string) => void;
  readonly #sheet: Sheet;

  /** `sheet` has what stands where Ink was given signs. */
  constructor(size: Size, send: (text: string) => void, sheet = new Sheet()) {
    super();
    this.#size = size;
    this.#send = send;
    this.#sheet = sheet;
  }

  get columns(): number {
    return this.#size.columns;
  }
  get rows(): number {
    return this.#size.rows;
  }

  /** The alternate screen, without a cursor and without wrapping. */
  enter(): void {
    this.#active = true;
    this.#shown = [];
    this.#send(this.#mouse ? ENTER + MOUSE_ON : ENTER);
  }

  leave(): void {
    if (!this.#active) return;
    this.#active = false;
    this.#send(this.#mouse ? MOUSE_OFF + LEAVE : LEAVE);
  }

  /** Whether the terminal is to report its mouse. */
  mouse(wanted: boolean): void {
    if (wanted === this.#mouse) return;
    this.#mouse = wanted;
    if (this.#active) this.#send(wanted ? MOUSE_ON : MOUSE_OFF);
  }

  resize(size: Size): void {
    this.#size = size;
    this.#shown = [];
    if (this.#active) this.#send('\x1b[2J');
    this.emit('resize');
  }

  /** A frame, as Ink writes it in its debug mode: all of it, every time. */
  write(frame: string): boolean {
    if (!this.#active || !isFrame(frame)) return true;
    const rows = this.#sheet.expand(frame).split('\n').slice(0, this.#size.rows);
    let text = '';
    for (const [i, row] of rows.entries()) {
      if (row !== this.#shown[i]) text += this.#row(i, row);
    }
    for (let i = rows.length; i < this.#shown.length; i++) text += `\x1b[${i + 1};1H\x1b[K`;
    this.#shown = rows;
    if (text !== '') this.#send(BEGIN + text + END);
    return true;
  }

  /** Erasing what is right of a full row would take its last character. */
  #row(i: number, row: string): string {
    const full = columns(stripVTControlCharacters(row)) >= this.#size.columns;
    return `\x1b[${i + 1};1H${row}\x1b[0m${full ? '' : '\x1b[K'}`;
  }
}

/** Ink also shows and hides the cursor, which is ours to do. */
export const isFrame = (text: string): boolean => text.includes('\n');

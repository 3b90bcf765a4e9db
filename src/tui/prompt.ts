/** The line at the bottom that is typed into: a command, or a text to search for. */

const HISTORY_MAX = 200;

export class Prompt {
  /** ":" for commands, "/" and "\" for searches; undefined while nothing is asked. */
  mark: string | undefined;
  text = '';
  cursor = 0;
  /** What Tab found, shown above the line. */
  choices: readonly string[] = [];
  readonly #history: string[] = [];
  #recalled = 0;

  open(mark: string, text = ''): void {
    this.mark = mark;
    this.set(text);
    this.#recalled = this.#history.length;
  }

  set(text: string): void {
    this.text = text;
    this.cursor = text.length;
    this.choices = [];
  }

  insert(text: string): void {
    this.text = this.text.slice(0, this.cursor) + text + this.text.slice(this.cursor);
    this.cursor += text.length;
    this.choices = [];
  }

  erase(): void {
    if (this.cursor === 0) return;
    this.text = this.text.slice(0, this.cursor - 1) + this.text.slice(this.cursor);
    this.cursor--;
    this.choices = [];
  }

  moveTo(cursor: number): void {
    this.cursor = Math.max(0, Math.min(this.text.length, cursor));
  }

  recall(by: 1 | -1): void {
    this.#recalled = Math.max(0, Math.min(this.#history.length, this.#recalled + by));
    this.set(this.#history[this.#recalled] ?? '');
  }

  /** The whole of it, and the line is gone. */
  close(keep: boolean): string {
    const { text } = this;
    if (keep && text.trim() !== '' && this.#history.at(-1) !== text) {
      this.#history.push(text);
      if (this.#history.length > HISTORY_MAX) this.#history.shift();
    }
    this.mark = undefined;
    this.set('');
    return text;
  }

  /** Completes the last word: as far as all choices agree. */
  complete(all: readonly string[]): void {
    const word = /[^\s]*$/.exec(this.text.slice(0, this.cursor))?.[0] ?? '';
    const found = all.filter((choice) => choice.startsWith(word));
    if (found.length === 0) return;
    let shared = found[0]!;
    for (const choice of found) while (!choice.startsWith(shared)) shared = shared.slice(0, -1);
    this.insert(shared.slice(word.length) + (found.length === 1 ? ' ' : ''));
    this.choices = found.length > 1 ? found : [];
  }
}

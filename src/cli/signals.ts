/**
 * SIGINT, SIGTERM and SIGHUP end a command in an orderly way: the first asks, so that a recording
 * is closed and the terminal restored; the second does not wait.
 */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Interruption {
  #asked = false;
  #notify: (() => void) | undefined;

  readonly #onSignal = (): void => {
    if (this.#asked) process.exit(130);
    this.#asked = true;
    this.#notify?.();
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  get asked(): boolean {
    return this.#asked;
  }

  /** Called once when the first signal comes. */
  onAsked(notify: () => void): void {
    this.#notify = notify;
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }
}

/** Lets input, signals and timers be seen between two slices of synchronous work. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What is typed for a live guest: where it comes from does not matter to whoever runs the guest. */

export interface GuestInput {
  /** A person sits there: time passes as by the wall clock while the guest is idle. */
  readonly interactive: boolean;
  /** Nothing more will come; something may still be pending. */
  readonly ended: boolean;
  readonly hasPending: boolean;
  /** The next bytes for the guest, `limit` at the most. */
  take(limit: number): Uint8Array;
  /** Waits for something new to be typed, `timeoutMs` at the most. */
  wait(timeoutMs: number): Promise<void>;
  /** Ends a `wait` from elsewhere. */
  interruptWait(): void;
  /** Adds to what is pending, where a front end and not a terminal of its own is typed at. */
  type?(bytes: Uint8Array): void;
}

/** Typed in a front end that is open as long as the guest is. */
export class TypedInput implements GuestInput {
  readonly interactive = true;
  #ended = false;
  #queue: number[] = [];
  #wake: (() => void) | undefined;

  get ended(): boolean {
    return this.#ended;
  }
  get hasPending(): boolean {
    return this.#queue.length > 0;
  }

  type(bytes: Uint8Array): void {
    for (const byte of bytes) this.#queue.push(byte);
    this.#wake?.();
  }

  /** Nobody will type any more: an idle guest need not be waited for. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  take(limit: number): Uint8Array {
    return Uint8Array.from(this.#queue.splice(0, limit));
  }

  async wait(timeoutMs: number): Promise<void> {
    if (this.#ended) return;
    await new Promise<void>((resolve) => {
      const timer = Number.isFinite(timeoutMs) ? setTimeout(resolve, timeoutMs) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  interruptWait(): void {
    this.#wake?.();
  }
}

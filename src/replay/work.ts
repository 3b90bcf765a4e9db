/**
 * Operations that may take long, as generators: they yield after every slice of work with how far
 * they are, and are told whether to go on. So the same code serves a command that just waits and a
 * debugger that has to hear an interrupt in between.
 */

/** Both in instructions. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Yields progress; is answered true if it should give up. */
export type Work<T> = Generator<Progress, T, boolean>;

export interface WorkControl {
  readonly onProgress?: (progress: Progress) => void;
  /** Asked after every slice. */
  readonly cancelled?: () => boolean;
}

/** Does it all now. */
export function finish<T>(work: Work<T>, control: WorkControl = {}): T {
  let step = work.next(false);
  while (!step.done) {
    control.onProgress?.(step.value);
    step = work.next(control.cancelled?.() ?? false);
  }
  return step.value;
}

/** Lets the event loop run between the slices, so that whoever wants to cancel can. */
export async function finishAsync<T>(work: Work<T>, control: WorkControl = {}): Promise<T> {
  let step = work.next(false);
  while (!step.done) {
    control.onProgress?.(step.value);
    await new Promise((resolve) => setImmediate(resolve));
    step = work.next(control.cancelled?.() ?? false);
  }
  return step.value;
}

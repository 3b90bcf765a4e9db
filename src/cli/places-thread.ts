/**
 * A replay in a thread of its own that finds out where in the guest's code each frame was made, for
 * the terminal interface to filter by function while one looks around. This file is both ends of it.
 */

import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Place } from '../exits/subject.ts';
import { Recording } from '../trace/recording.ts';
import type { FollowPlaces, PlacesBatch } from '../tui/places.ts';
import type { ExitsOptions } from './exits.ts';

const BATCH_FRAMES = 4096;
/** A batch is sent after so long even if it is small: a replay may take its time between exits. */
const BATCH_MS = 200;
/** So many different stacks are kept apart; what comes after stands for itself as an address. */
const PLACES_MAX = 500_000;

interface Order {
  readonly options: Pick<ExitsOptions, 'path' | 'symbols' | 'accel'>;
}

type Message = { readonly batch: PlacesBatch } | { readonly error: string };

export function placesOf(options: Order['options']): FollowPlaces {
  return (onBatch, onEnd) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { options } satisfies Order,
      stdout: true,
      stderr: true,
    });
    let failed = false;
    worker.on('message', (message: Message) => {
      if ('batch' in message) return onBatch(message.batch);
      failed = true;
      onEnd(message.error);
    });
    worker.on('error', (error) => {
      failed = true;
      onEnd(error.message);
    });
    worker.on('exit', () => failed || onEnd(undefined));
    worker.unref();
    return () => void worker.terminate();
  };
}

/** In the thread. */
async function follow({ options }: Order, send: (message: Message) => void): Promise<void> {
  const { placesIn } = await import('./exits.ts');
  const recording = Recording.open(options.path);
  try {
    const placeOf = await placesIn(recording, options);
    const known = new Map<string, number>();
    let batch = { first: 0, indices: [] as number[], places: [] as Place[] };
    let sentMs = performance.now();
    for (let ordinal = 0; ordinal < recording.frames; ordinal++) {
      const place = placeOf(ordinal);
      const key = `${place.rip} ${place.stack.join(';')}`;
      let index = known.get(key);
      if (index === undefined) {
        index = known.size;
        if (index >= PLACES_MAX) throw new Error(`more than ${PLACES_MAX} different call stacks`);
        known.set(key, index);
        batch.places.push(place);
      }
      batch.indices.push(index);
      const nowMs = performance.now();
      const full = batch.indices.length >= BATCH_FRAMES || nowMs - sentMs > BATCH_MS;
      if (!full && ordinal < recording.frames - 1) continue;
      const share = (ordinal + 1) / recording.frames;
      send({ batch: { ...batch, indices: Uint32Array.from(batch.indices), share } });
      batch = { first: ordinal + 1, indices: [], places: [] };
      sentMs = nowMs;
    }
  } catch (error) {
    send({ error: error instanceof Error ? error.message : String(error) });
  } finally {
    recording.close();
  }
}

if (!isMainThread && parentPort) {
  const port = parentPort;
  await follow(workerData as Order, (message) => port.postMessage(message));
}

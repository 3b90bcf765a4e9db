/** Sends the stub what no debugger would, and sees that it answers all the same. */

import { Connection } from '../../src/gdbstub/connection.ts';
import { Framing, frame } from '../../src/gdbstub/framing.ts';
import { ReplayTarget } from '../../src/target/replay-target.ts';
import { toyRecording, toyTimeline } from '../replay/toy/toy-timeline.ts';
import { Dice, payload } from './fuzz.ts';

/** Returns what it sent last if the stub got stuck. */
export async function fuzzStub(seed: number, packets: number): Promise<string | undefined> {
  const dice = new Dice(seed);
  const target = new ReplayTarget(toyTimeline(toyRecording(7, 2000)));
  const home = target.start;
  for (let sent = 0; sent < packets; ) {
    const stub = new Harness(target);
    // Until a packet ends the conversation.
    while (!stub.closed && sent < packets) {
      const text = payload(dice);
      sent++;
      const replies = stub.replies;
      stub.connection.feed(dice.below(20) === 0 ? noise(dice, text) : frame(text));
      stub.connection.feed(frame('qC'));
      await stub.settled();
      if (stub.closed) break;
      if (stub.last !== 'QC1' || stub.replies <= replies) return JSON.stringify(text);
    }
    await stub.connection.end();
    await target.endDiversion();
    await target.seekTo(home);
  }
  return undefined;
}

function noise(dice: Dice, text: string): Uint8Array {
  const bytes = frame(text);
  // A truncated packet, a flipped byte, an interrupt in the middle of nowhere.
  const kind = dice.below(3);
  if (kind === 0) return bytes.subarray(0, dice.below(bytes.length));
  if (kind === 1) bytes[dice.below(bytes.length)]! ^= 1 << dice.below(8);
  return kind === 2 ? Uint8Array.of(3, ...bytes, 3) : bytes;
}

class Harness {
  readonly connection: Connection;
  closed = false;
  replies = 0;
  last = '';
  readonly #framing = new Framing();

  constructor(target: ReplayTarget) {
    this.connection = new Connection(target, {
      send: (bytes) => {
        for (const received of this.#framing.feed(bytes)) {
          if (received.kind !== 'packet') continue;
          this.replies++;
          this.last = received.payload;
        }
      },
      close: () => {
        this.closed = true;
      },
    });
  }

  /** What has been sent is dealt with; more than this many turns of the event loop is stuck. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 10_000; turn++) {
      if (this.closed || !this.connection.busy) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

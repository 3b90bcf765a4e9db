/** The adapter on a pair of streams, as editors start it: it ends with its client. */

import { Connection } from './connection.ts';
import type { DapHost } from './host.ts';

/** Resolves when the client has gone, or has ended the session. */
export function serveStreams(
  host: DapHost,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      void connection.end().then(() => resolve());
    };
    const connection = new Connection(host, {
      send: (bytes) => {
        output.write(bytes);
      },
      close: over,
    });
    input.on('data', (bytes: Uint8Array) => connection.feed(bytes));
    input.once('end', over);
    input.once('close', over);
    // An editor that has gone reads nothing any more.
    output.on('error', over);
  });
}

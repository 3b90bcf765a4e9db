/** What answers a request. The tables of all of them are complete, or they do not compile. */

import type { CustomRequests } from './custom.ts';
import type { Requests } from './protocol.gen.ts';
import type { Session } from './session.ts';

/** The request being answered. */
export interface Call {
  /** Has the client cancelled it? */
  cancelled(): boolean;
  /** Runs when the response has been sent. */
  after(task: () => void): void;
}

export type Handler<Args, Reply> = (
  session: Session,
  args: Args,
  call: Call,
) => Reply | Promise<Reply>;

export type Table = {
  readonly [C in keyof Requests]: Handler<Requests[C]['args'], Requests[C]['reply']>;
};
export type CustomTable = {
  readonly [C in keyof CustomRequests]: Handler<
    CustomRequests[C]['args'],
    CustomRequests[C]['reply']
  >;
};
/** The requests of one family. */
export type Family<C extends keyof Requests> = Pick<Table, C>;

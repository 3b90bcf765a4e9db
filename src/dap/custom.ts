/**
 * Requests and events beyond the protocol, for clients that know Retrovisor: time, exits, bookmarks and
 * the rest. docs/dap.md describes each; the names and fields are an interface that clients rely on.
 */

import type { Position } from './position-text.ts';

export interface TimelineData {
  /** Icounts: the range that was asked for, and the end of the recording. */
  readonly from: number;
  readonly to: number;
  readonly end: number;
  /** Names of what `columns` counts, in order. */
  readonly kinds: readonly string[];
  /** One list of counts for each column. */
  readonly columns: readonly (readonly number[])[];
  readonly checkpoints: readonly number[];
  readonly bookmarks: readonly { readonly name: string; readonly icount: number }[];
  /** Lines of the guest's console, thinned out to what has room. */
  readonly console: readonly {
    readonly text: string;
    readonly icount: number;
    readonly mark: string;
  }[];
  readonly position: Position;
}

export interface ExitRow {
  readonly ordinal: number;
  readonly mark: string;
  readonly icount: number;
  /** exit, interrupt, nmi, dma, input. */
  readonly kind: string;
  readonly text: string;
  /** Has it happened where the guest stands? */
  readonly past: boolean;
}

export interface BookmarkRow {
  readonly name: string;
  readonly mark: string;
  readonly icount: number;
  readonly share: number;
}

export interface RegisterGroup {
  readonly name: string;
  readonly registers: readonly { readonly name: string; readonly value: string }[];
}

export interface WalkReply {
  readonly address: string;
  readonly entries: readonly {
    readonly name: string;
    readonly at: string;
    readonly value: string;
    readonly flags: string;
  }[];
  /** Guest physical; absent if an entry is not present. */
  readonly physical?: string;
  readonly pageBytes: number;
  readonly rights: string;
}

export interface CustomRequests {
  'retrovisor/position': { args: undefined; reply: Position };
  'retrovisor/seek': { args: { mark: string }; reply: undefined };
  'retrovisor/stepBackIn': { args: { threadId?: number; granularity?: string }; reply: undefined };
  'retrovisor/stepBackOut': { args: { threadId?: number; frameId?: number }; reply: undefined };
  'retrovisor/event': { args: { kind: string; back?: boolean; value?: string }; reply: undefined };
  'retrovisor/lastWrite': {
    args: { expression?: string; memoryReference?: string; bytes?: number; frameId?: number };
    reply: { label: string };
  };
  'retrovisor/nextWrite': {
    args: { expression?: string; memoryReference?: string; bytes?: number; frameId?: number };
    reply: { label: string };
  };
  'retrovisor/timeline': {
    args: { from?: number; to?: number; columns: number };
    reply: TimelineData;
  };
  'retrovisor/exits': {
    args: { mark?: string; before?: number; after?: number };
    reply: { exits: readonly ExitRow[]; total: number };
  };
  'retrovisor/bookmarks': { args: undefined; reply: { bookmarks: readonly BookmarkRow[] } };
  'retrovisor/setBookmark': {
    args: { name: string; mark?: string; remove?: boolean };
    reply: { bookmarks: readonly BookmarkRow[] };
  };
  'retrovisor/console': {
    args: { lines?: number; all?: boolean };
    reply: { lines: readonly { text: string; mark: string; past: boolean }[] };
  };
  'retrovisor/registers': { args: undefined; reply: { groups: readonly RegisterGroup[] } };
  'retrovisor/pageWalk': { args: { address: string; frameId?: number }; reply: WalkReply };
  'retrovisor/undo': { args: { redo?: boolean }; reply: undefined };
  'retrovisor/endDiversion': { args: undefined; reply: undefined };
  'retrovisor/type': { args: { text: string }; reply: undefined };
}

/** For checking, as `SHAPES` is for the protocol's own. */
export const CUSTOM_SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'retrovisor/position': {},
  'retrovisor/seek': { mark: 'string' },
  'retrovisor/stepBackIn': { threadId: 'number?', granularity: 'string?' },
  'retrovisor/stepBackOut': { threadId: 'number?', frameId: 'number?' },
  'retrovisor/event': { kind: 'string', back: 'boolean?', value: 'string?' },
  'retrovisor/lastWrite': writeShape(),
  'retrovisor/nextWrite': writeShape(),
  'retrovisor/timeline': { from: 'number?', to: 'number?', columns: 'number' },
  'retrovisor/exits': { mark: 'string?', before: 'number?', after: 'number?' },
  'retrovisor/bookmarks': {},
  'retrovisor/setBookmark': { name: 'string', mark: 'string?', remove: 'boolean?' },
  'retrovisor/console': { lines: 'number?', all: 'boolean?' },
  'retrovisor/registers': {},
  'retrovisor/pageWalk': { address: 'string', frameId: 'number?' },
  'retrovisor/undo': { redo: 'boolean?' },
  'retrovisor/endDiversion': {},
  'retrovisor/type': { text: 'string' },
} satisfies Record<keyof CustomRequests, Readonly<Record<string, string>>>;

function writeShape() {
  return {
    ...{ expression: 'string?', memoryReference: 'string?', bytes: 'number?', frameId: 'number?' },
  };
}

export interface CustomEvents {
  /** After every stop and every change in place: where in time the guest stands. */
  'retrovisor/position': Position;
  /** Bookmarks have been set or removed. */
  'retrovisor/bookmarks': { readonly bookmarks: readonly BookmarkRow[] };
}

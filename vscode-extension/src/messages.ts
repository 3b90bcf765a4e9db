/** What goes between the extension and its web views. */

import type { CustomRequests, TimelineData } from '../../src/dap/custom.ts';

export interface ToTimeline {
  /** Null without a session. */
  readonly data: TimelineData | null;
  readonly direction: 'forwards' | 'backwards';
}

export interface ToConsole {
  readonly lines: CustomRequests['retrovisor/console']['reply']['lines'];
}

export type FromTimeline =
  | { readonly kind: 'ready' }
  | { readonly kind: 'seek'; readonly mark: string }
  /** Zoomed or moved: icounts. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number; readonly whole: boolean };

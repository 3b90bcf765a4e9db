/** Kinds of addresses that a breakpoint can be on, as the protocol's `breakpointModes`. */

import type { DebugProtocol } from '@vscode/debugprotocol';

export const BREAKPOINT_MODES: readonly DebugProtocol.BreakpointMode[] = [
  {
    mode: 'linear',
    label: 'Linear address',
    description: 'Addresses as the guest uses them, through its page tables',
    appliesTo: ['data'],
  },
  {
    mode: 'physical',
    label: 'Physical address',
    description: 'Guest physical memory, however it is mapped; DMA counts as well',
    appliesTo: ['data'],
  },
];

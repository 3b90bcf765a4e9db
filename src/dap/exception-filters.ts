/**
 * What "Exceptions" of a debugger means for a machine: each vector of the processor's, the ends of
 * Linux, and the VM exits. The text of a filter's condition narrows it down.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';

/** SDM Vol. 3A table 6-1. */
export const VECTORS: readonly (readonly [number, string, string])[] = [
  [0, '#DE', 'divide error'],
  [1, '#DB', 'debug exception'],
  [2, 'NMI', 'non-maskable interrupt'],
  [3, '#BP', 'breakpoint'],
  [4, '#OF', 'overflow'],
  [5, '#BR', 'BOUND range exceeded'],
  [6, '#UD', 'invalid opcode'],
  [7, '#NM', 'device not available'],
  [8, '#DF', 'double fault'],
  [10, '#TS', 'invalid TSS'],
  [11, '#NP', 'segment not present'],
  [12, '#SS', 'stack-segment fault'],
  [13, '#GP', 'general protection'],
  [14, '#PF', 'page fault'],
  [16, '#MF', 'x87 floating-point error'],
  [17, '#AC', 'alignment check'],
  [18, '#MC', 'machine check'],
  [19, '#XM', 'SIMD floating-point exception'],
  [20, '#VE', 'virtualization exception'],
  [21, '#CP', 'control protection'],
];

/** Ends of a kernel by the functions that they go through, those that there are. */
export const KERNEL_ENDS: Readonly<Record<string, { label: string; symbols: readonly string[] }>> =
  {
    panic: { label: 'Kernel: panic', symbols: ['panic', 'panic_exception'] },
    oops: { label: 'Linux: oops', symbols: ['oops_enter'] },
    bug: { label: 'Linux: BUG', symbols: ['report_bug'] },
    warn: { label: 'Linux: WARN', symbols: ['__warn'] },
  };

export const EXIT_FILTERS: Readonly<Record<string, { label: string; help: string }>> = {
  pio: {
    label: 'VM exit: port I/O',
    help: 'A port or a range, and in or out: 0x3f8, out 0x60-0x64',
  },
  mmio: {
    label: 'VM exit: MMIO',
    help: 'An address or a range, and read or write: write 0xfee000b0',
  },
  rdmsr: { label: 'VM exit: RDMSR', help: '' },
  wrmsr: { label: 'VM exit: WRMSR', help: '' },
  cpuid: { label: 'VM exit: CPUID', help: '' },
  hlt: { label: 'VM exit: HLT', help: '' },
  interrupt: { label: 'Interrupt', help: 'A vector: 0x20, 236' },
};

export const EXCEPTION_FILTERS: readonly DebugProtocol.ExceptionBreakpointsFilter[] = [
  {
    filter: 'triple-fault',
    label: 'Triple fault',
    description: 'The guest is about to shut down',
    default: true,
  },
  ...Object.entries(KERNEL_ENDS).map(([filter, { label, symbols }]) => ({
    ...{ filter, label, default: filter === 'panic' || filter === 'oops' },
    description: `In front of ${symbols.join(' or ')}, where the symbols have it`,
    supportsCondition: true,
    conditionDescription: 'An expression: stop only if it is not 0',
  })),
  ...VECTORS.map(([vector, name, what]) => ({
    ...{ filter: `vector-${vector}`, label: `${name} ${what}`, default: false },
    description: `Vector ${vector}, in front of the first instruction of its handler`,
    supportsCondition: true,
    conditionDescription: 'An expression, as in a breakpoint: $cr2 == 0',
  })),
  ...Object.entries(EXIT_FILTERS).map(([kind, { label, help }]) => ({
    ...{ filter: `exit-${kind}`, label, default: false },
    description: kind === 'interrupt' ? 'In front of its delivery' : 'In front of the instruction',
    ...(help !== '' && { supportsCondition: true, conditionDescription: help }),
  })),
];

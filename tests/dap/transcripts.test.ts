/**
 * Whole conversations, message by message, compared with the files in transcripts/: in the order in
 * which VS Code sends, in the order of a client that sends no more than it must, and family by family.
 * `npm run bless` writes them anew; what changes is then for a person to read.
 */

import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { expect, test } from 'vitest';
import { Client, demoSession, INITIALIZE, RECORDING } from './client.ts';

const ROOT = join(import.meta.dirname, '../..');
const GUEST = join(ROOT, 'guests/demo');
const list = { path: join(GUEST, 'list.c') };
const log = { path: join(GUEST, 'log.c') };
const thread = { threadId: 1 };

type Step = (client: Client) => Promise<unknown>;
const ask =
  (command: string, args?: unknown): Step =>
  (client) =>
    client.ask(command, args).catch(() => {});
const go =
  (command: string, args?: unknown): Step =>
  (client) =>
    client.go(command, args);

/** What VS Code asks after every stop: the stack twice, the scopes and the variables of the top frame. */
const look: Step = async (client) => {
  await client.ask('threads');
  await client.ask('stackTrace', { ...thread, startFrame: 0, levels: 1 });
  type Frames = { stackFrames: { id: number }[] };
  const { stackFrames } = await client.ask<Frames>('stackTrace', {
    ...thread,
    ...{ startFrame: 1, levels: 19 },
  });
  void stackFrames;
  const top = await client.ask<Frames>('stackTrace', { ...thread, startFrame: 0, levels: 1 });
  const frameId = top.stackFrames[0]!.id;
  type Scopes = { scopes: { variablesReference: number; expensive: boolean }[] };
  const { scopes } = await client.ask<Scopes>('scopes', { frameId });
  for (const { variablesReference, expensive } of scopes.slice(0, 2)) {
    if (!expensive) await client.ask('variables', { variablesReference });
  }
};

/** The frame at the top, for requests that name one. */
const top = async (client: Client): Promise<number> => {
  const { stackFrames } = await client.ask<{ stackFrames: { id: number }[] }>('stackTrace', {
    ...thread,
    levels: 1,
  });
  return stackFrames[0]!.id;
};
const inFrame =
  (command: string, args: (frameId: number) => unknown): Step =>
  async (client) =>
    client.ask(command, args(await top(client))).catch(() => {});

const exceptions = {
  filters: [],
  filterOptions: [{ filterId: 'triple-fault' }, { filterId: 'panic' }, { filterId: 'oops' }],
};

const TRANSCRIPTS: Readonly<Record<string, readonly Step[]>> = {
  'line breakpoints': [
    ask('breakpointLocations', { source: list, line: 15, endLine: 20 }),
    ask('setBreakpoints', { source: list, breakpoints: [{ line: 18 }, { line: 400 }] }),
    ask('setBreakpoints', { source: { path: '/x/none.c' }, breakpoints: [{ line: 1 }] }),
    go('continue', thread),
    look,
    go('continue', thread),
    go('reverseContinue', thread),
    ask('setBreakpoints', { source: list, breakpoints: [] }),
  ],
  'conditions, hit counts, log points': [
    ask('setBreakpoints', {
      source: list,
      breakpoints: [
        { line: 18, condition: 'node->next == 0' },
        { line: 19, hitCondition: '3' },
        { line: 20, logMessage: 'length is {queue->length} of {queue}' },
        { line: 11, hitCondition: 'many' },
      ],
    }),
    go('continue', thread),
    go('continue', thread),
    go('continue', thread),
    go('reverseContinue', thread),
    go('reverseContinue', thread),
  ],
  'functions, instructions, data': [
    ask('setFunctionBreakpoints', { breakpoints: [{ name: 'seal_entry' }, { name: 'no_such' }] }),
    go('continue', thread),
    ask('setFunctionBreakpoints', { breakpoints: [] }),
    ask('setInstructionBreakpoints', { breakpoints: [{ instructionReference: '0x1021e5' }] }),
    go('continue', thread),
    ask('setInstructionBreakpoints', { breakpoints: [] }),
    inFrame('dataBreakpointInfo', (frameId) => ({ name: 'job_queue.head', frameId })),
    ask('dataBreakpointInfo', { name: '0x110250', asAddress: true, bytes: 4 }),
    ask('dataBreakpointInfo', { name: '$rax' }),
    ask('setDataBreakpoints', {
      breakpoints: [
        { dataId: 'gva:0x110250:8:job_queue.head', accessType: 'write' },
        { dataId: 'nonsense' },
      ],
    }),
    go('continue', thread),
    go('reverseContinue', thread),
    go('reverseContinue', thread),
    ask('setDataBreakpoints', { breakpoints: [] }),
  ],
  exceptions: [
    go('retrovisor/seek', { mark: '99%' }),
    ask('setExceptionBreakpoints', exceptions),
    go('continue', thread),
    ask('exceptionInfo', thread),
    ask('setExceptionBreakpoints', { filters: ['vector-14', 'nothing'] }),
    go('reverseContinue', thread),
    ask('exceptionInfo', thread),
    ask('setExceptionBreakpoints', {
      filters: [],
      filterOptions: [
        { filterId: 'exit-pio', condition: 'out 0x3f8' },
        { filterId: 'exit-interrupt', condition: '33' },
        { filterId: 'exit-mmio', condition: 'everywhere' },
      ],
    }),
    go('reverseContinue', thread),
    go('continue', thread),
    ask('exceptionInfo', thread),
  ],
  'six directions': [
    ask('setFunctionBreakpoints', { breakpoints: [{ name: 'seal_entry' }] }),
    go('continue', thread),
    ask('setFunctionBreakpoints', { breakpoints: [] }),
    inFrame('stepInTargets', (frameId) => ({ frameId })),
    go('next', thread),
    go('stepIn', thread),
    look,
    go('stepOut', thread),
    go('next', thread),
    go('stepBack', thread),
    go('stepBack', thread),
    go('retrovisor/stepBackIn', {}),
    look,
    go('retrovisor/stepBackOut', {}),
    go('next', { ...thread, granularity: 'instruction' }),
    go('stepBack', { ...thread, granularity: 'instruction' }),
    go('stepIn', { ...thread, granularity: 'instruction' }),
    go('retrovisor/stepBackIn', { granularity: 'instruction' }),
  ],
  'values and expressions': [
    ask('setBreakpoints', { source: list, breakpoints: [{ line: 18 }] }),
    go('continue', thread),
    inFrame('evaluate', (frameId) => ({ expression: '*queue', frameId, context: 'watch' })),
    inFrame('evaluate', (frameId) => ({ expression: 'queue->head', frameId, context: 'hover' })),
    inFrame('evaluate', (frameId) => ({
      ...{ expression: 'queue->length * 2', frameId, context: 'watch' },
      format: { hex: true },
    })),
    ask('evaluate', { expression: '$rip', context: 'watch' }),
    ask('evaluate', { expression: '@icount', context: 'watch' }),
    ask('evaluate', { expression: 'no_such + 1', context: 'watch' }),
    ask('evaluate', { expression: 'when', context: 'repl' }),
    ask('evaluate', { expression: 'exits 4', context: 'repl' }),
    ask('evaluate', { expression: 'walk 0x110250', context: 'repl' }),
    inFrame('completions', (frameId) => ({ text: 'queue->', column: 8, frameId })),
    ask('completions', { text: 'see', column: 4 }),
    inFrame('setExpression', (frameId) => ({
      ...{ expression: 'queue->length', value: '77', frameId },
    })),
    inFrame('evaluate', (frameId) => ({ expression: 'queue->length', frameId, context: 'watch' })),
    go('stepBack', thread),
    go('evaluate', { expression: 'undo', context: 'repl' }),
    ask('evaluate', { expression: 'job_queue.length', context: 'watch' }),
  ],
  'memory and disassembly': [
    ask('readMemory', { memoryReference: '0x110250', count: 24 }),
    ask('readMemory', { memoryReference: '0xffffffffffffff00', offset: 8, count: 16 }),
    ask('readMemory', { memoryReference: 'phys:0x100000', count: 8 }),
    ask('disassemble', {
      ...{ memoryReference: '0x1021e5', instructionOffset: -6, instructionCount: 12 },
    }),
    ask('disassemble', {
      ...{ memoryReference: '0xffffffffffff0000', instructionOffset: -3, instructionCount: 6 },
    }),
    ask('writeMemory', { memoryReference: '0x110250', data: 'AQID' }),
    ask('readMemory', { memoryReference: '0x110250', count: 4 }),
    ask('writeMemory', { memoryReference: '0xffffffffffffff00', data: 'AQID' }),
    go('retrovisor/endDiversion'),
    ask('readMemory', { memoryReference: '0x110250', count: 4 }),
  ],
  'going places': [
    go('retrovisor/seek', { mark: 'console:"wrote log 8"' }),
    ask('gotoTargets', { source: log, line: 30 }),
    async (client) => {
      const { targets } = await client.ask<{ targets: { id: number }[] }>('gotoTargets', {
        ...{ source: log, line: 30 },
      });
      await client.go('goto', { ...thread, targetId: targets[0]!.id });
    },
    look,
    async (client) => client.go('restartFrame', { frameId: await top(client) }),
    go('retrovisor/lastWrite', { expression: 'job_queue.head' }),
    go('retrovisor/nextWrite', { memoryReference: '0x110250', bytes: 8 }),
    go('retrovisor/event', { kind: 'irq', back: true }),
    go('retrovisor/event', { kind: 'pio', value: '0x3f8' }),
    ask('retrovisor/event', { kind: 'weather' }),
    go('retrovisor/undo', {}),
    go('retrovisor/undo', { redo: true }),
    ask('retrovisor/setBookmark', { name: 'here' }),
    go('restart'),
    go('retrovisor/seek', { mark: 'here' }),
    ask('retrovisor/setBookmark', { name: 'here', remove: true }),
    ask('retrovisor/seek', { mark: 'nowhere' }),
    ask('retrovisor/exits', { before: 2, after: 2 }),
    ask('retrovisor/console', { lines: 3 }),
    ask('retrovisor/timeline', { columns: 4, from: 0, to: 2_000_000 }),
    ask('retrovisor/pageWalk', { address: '$rsp' }),
    ask('retrovisor/registers'),
    ask('retrovisor/type', { text: 'x' }),
    ask('modules', {}),
    // Where compilers have their headers is the machine's business, and so is the order then.
    async (client) => {
      const { body } = (await client.send('loadedSources')) as DebugProtocol.LoadedSourcesResponse;
      const names = body.sources.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['boot.S', 'jobs.c', 'worker.c']));
    },
    ask('terminateThreads', { threadIds: [1] }),
    ask('locations', { locationReference: 3 }),
    ask('cancel', { requestId: 99_999 }),
  ],
};

test.each(Object.entries(TRANSCRIPTS))('%s', async (name, steps) => {
  const client = await demoSession({ at: 'console:"shell"' });
  try {
    for (const step of steps) await step(client);
  } finally {
    client.close();
    await client.ended;
  }
  await expect(`${client.lines.join('\n')}\n`).toMatchFileSnapshot(fileOf(name));
});

test('the order of VS Code', async () => {
  const client = new Client();
  try {
    await client.ask('initialize', { ...INITIALIZE, clientName: 'Visual Studio Code' });
    const initialized = client.next('initialized');
    const sourceFileMap = { 'guests/demo': GUEST };
    const attached = client.ask('attach', { recording: RECORDING, sourceFileMap });
    await initialized;
    await client.ask('setBreakpoints', {
      ...{ source: log, lines: [30], breakpoints: [{ line: 30 }], sourceModified: false },
    });
    await client.ask('setFunctionBreakpoints', { breakpoints: [] });
    await client.ask('setInstructionBreakpoints', { breakpoints: [] });
    await client.ask('setExceptionBreakpoints', exceptions);
    await client.ask('setDataBreakpoints', { breakpoints: [] });
    await attached;
    await client.go('configurationDone');
    await look(client);
    await client.go('next', { ...thread, granularity: 'statement' });
    await look(client);
    await client.go('stepBack', thread);
    await client.go('reverseContinue', thread);
    await look(client);
    await client.ask('disconnect', { restart: false });
  } finally {
    client.close();
    await client.ended;
  }
  await expect(`${client.lines.join('\n')}\n`).toMatchFileSnapshot(fileOf('vscode'));
});

test('the order of a terse client', async () => {
  const client = new Client();
  try {
    await client.ask('initialize', { adapterID: 'retrovisor' });
    await client.ask('attach', { recording: RECORDING, at: '50%', stopOnEntry: true });
    await client.go('configurationDone');
    await client.ask('stackTrace', thread);
    await client.go('stepBack', thread);
    await client.ask('stackTrace', { ...thread, levels: 2 });
    await client.ask('evaluate', { expression: '$rip' });
    await client.ask('disconnect');
  } finally {
    client.close();
    await client.ended;
  }
  await expect(`${client.lines.join('\n')}\n`).toMatchFileSnapshot(fileOf('terse'));
});

const fileOf = (name: string): string =>
  join(import.meta.dirname, `transcripts/${name.replace(/\W+/g, '-')}.txt`);

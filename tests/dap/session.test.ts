/** A session from its beginning to its end, in the order that clients may choose. */

import { afterEach, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/dap/protocol.gen.ts';
import { Client, demoSession, INITIALIZE, RECORDING } from './client.ts';

let client: Client;

afterEach(async () => {
  client.close();
  await client.ended;
});

describe('the beginning', () => {
  test('guest first, configuration then', async () => {
    client = await demoSession();
    const { threads } = await client.ask<{ threads: unknown[] }>('threads');
    expect(threads[0]).toMatchObject({ id: 1 });
  });

  test('configuration first, guest then', async () => {
    client = new Client();
    await client.ask('initialize', INITIALIZE);
    await client.ask('configurationDone');
    const stopped = client.next<{ reason: string }>('stopped');
    await client.ask('attach', { recording: RECORDING, stopOnEntry: true });
    expect((await stopped).reason).toBe('entry');
  });

  test('a recording that is not there is one line', async () => {
    client = new Client();
    await client.ask('initialize', INITIALIZE);
    expect(await client.refused('attach', { recording: '/nowhere/x.retro' })).toMatch(
      /\/nowhere\/x\.retro.*no such file/,
    );
  });

  test('nothing works before its time, and says so', async () => {
    client = new Client();
    expect(await client.refused('attach', { recording: RECORDING })).toMatch(
      /initialize comes first/,
    );
    expect(await client.refused('stackTrace', { threadId: 1 })).toMatch(/no guest yet/);
    await client.ask('initialize', INITIALIZE);
    expect(await client.refused('initialize', INITIALIZE)).toMatch(/come already/);
    await client.ask('attach', { recording: RECORDING });
    expect(await client.refused('continue', { threadId: 1 })).toMatch(/configurationDone/);
    expect(await client.refused('attach', { recording: RECORDING })).toMatch(/already/);
  });
});

describe('the end', () => {
  test('terminate ends the guest, disconnect the session', async () => {
    client = await demoSession();
    const terminated = client.next('terminated');
    await client.ask('terminate');
    await terminated;
    expect(await client.refused('stackTrace', { threadId: 1 })).toMatch(/has ended/);
    await client.ask('disconnect');
    await client.ended;
  });

  test('in the middle of a move', async () => {
    client = await demoSession();
    await client.ask('continue', { threadId: 1 });
    await client.ask('disconnect');
    await client.ended;
  });
});

test('every request of the protocol has an answer, if only that it is not its time', async () => {
  client = new Client();
  for (const command of COMMANDS.filter((one) => one !== 'disconnect')) {
    const answer = await client.ask(command, {}).then(
      () => 'done',
      (error: Error) => error.message,
    );
    expect(answer).not.toMatch(/internal error|no request that is known/);
  }
  expect(await client.refused('retrovisor/nothing')).toMatch(/no request that is known/);
});

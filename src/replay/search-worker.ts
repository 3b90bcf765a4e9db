/** A thread of search-pool.ts: opens the recording for itself and looks through what it is given. */

import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { cpuModel } from '../engine/cpu-models.ts';
import { adoptModule, createVcpu, setEngineBuild } from '../engine/index.ts';
import { Recording } from '../trace/recording.ts';
import { SEARCH_POLICY } from './checkpoints.ts';
import type { Hit } from './conditions.ts';
import type { Mark } from './mark.ts';
import type { SearchReply, ToWorker, WorkerData } from './search-pool.ts';
import { ReplaySession } from './session.ts';
import { Timeline } from './timeline.ts';

const { recordingPath, accel, keys, port, build, module } = workerData as WorkerData;

let opened: Timeline | undefined;

function open(): Timeline {
  setEngineBuild(build);
  adoptModule(module);
  const recording = Recording.open(recordingPath);
  const { memoryBytes, cpuModel: name } = recording.guest;
  const cpu = cpuModel(name);
  if (!cpu) throw new Error(`a CPU model '${name}'`);
  const session = new ReplaySession(recording, createVcpu({ memoryBytes, cpu, accel }));
  return new Timeline(session, { ...SEARCH_POLICY, keys: { ...keys, readOnly: true } });
}

function search({
  piece,
  conditions,
}: Exclude<ToWorker, 'forget'>): Hit<Mark> | 'failed' | undefined {
  try {
    opened ??= open();
    const work = opened.lastHitIn(conditions, piece);
    let step = work.next(false);
    while (!step.done) step = work.next(receiveMessageOnPort(port)?.message === 'forget');
    if (step.value?.kind === 'stopped') return 'failed';
    return step.value?.hit;
  } catch {
    // Whoever asked does it itself, and meets the reason.
    return 'failed';
  }
}

port.on('message', (message: ToWorker) => {
  if (message === 'forget') return;
  const reply: SearchReply = { ticket: message.ticket, found: search(message) };
  port.postMessage(reply);
});

/** `retrovisor info FILE`: what is in a recording, without replaying it. */

import { basename } from 'node:path';
import type { Recording } from '../trace/recording.ts';
import { type Cli, finish } from './command.ts';
import { loadBuildId } from './engine-build.ts';
import { bytes, count, plural, table } from './format.ts';
import type { Output } from './output.ts';
import { openRecording } from './recording-file.ts';

export function addInfo(cli: Cli): void {
  const command = cli.program
    .command('info')
    .description('what is in a recording')
    .argument('<recording>', 'a .retro file');
  const examples = ['retrovisor info boot.retro', 'retrovisor info boot.retro --json'];
  finish(cli, command, examples, async ([path = ''], _options, output) => {
    const recording = await openRecording('info', path);
    try {
      if (output.json) output.document(await infoDocument(path, recording));
      else await show(path, recording, output);
    } finally {
      recording.close();
    }
    return 0;
  });
}

async function infoDocument(path: string, recording: Recording) {
  const { FORMAT_VERSION } = await import('../trace/chunk.ts');
  const { guest, header, end } = recording;
  return {
    format: FORMAT_VERSION,
    complete: recording.complete,
    icount: recording.lastIcount,
    exits: recording.exits,
    interrupts: recording.interrupts,
    dmaBytes: recording.dmaBytes,
    bytes: recording.bytes,
    checkpoints: (await keyStatesBeside(path, recording)).count,
    frames: recording.frames,
    hashSpacing: header.hashSpacing,
    reason: end?.reason ?? null,
    stateHash: end?.stateHash ?? null,
    damage: recording.damage?.message ?? null,
    writer: header.writer,
    engine: header.engine ?? null,
    uncontrolled: header.uncontrolled ?? [],
    guest: {
      name: guest.name,
      memoryBytes: guest.memoryBytes,
      cpu: guest.cpuModel,
      rtc: guest.rtcBase,
      append: guest.append,
      boot: guest.bootFormat,
      images: header.images,
    },
  };
}

/** Those that this build would use. */
async function keyStatesBeside(path: string, recording: Recording) {
  const { KeyFolder } = await import('../replay/key-folder.ts');
  const { keyStatesOf } = await import('./key-states.ts');
  loadBuildId();
  const options = keyStatesOf(path);
  const heads = options ? new KeyFolder({ ...options, recording }).heads() : [];
  return { count: heads.length, bytes: heads.reduce((sum, head) => sum + head.bytes, 0) };
}

async function show(path: string, recording: Recording, output: Output): Promise<void> {
  const { guest, header, end } = recording;
  const images = header.images.map(
    ({ role, name, size, sha256 }) =>
      `${role} ${name}, ${bytes(size)}, sha256 ${sha256.slice(0, 16)}…`,
  );
  const ended = end
    ? `${end.reason}, state hash ${end.stateHash}`
    : output.style('yellow', 'incomplete: the recorder did not get to the end');
  const keys = await keyStatesBeside(path, recording);
  const rows: [string, string][] = [
    ['recording', `${basename(path)}, ${bytes(recording.bytes)}, by ${header.writer}`],
    ['engine', engineText(header.engine)],
    ['ended', ended],
    ['icount', count(recording.lastIcount)],
    ['exits', count(recording.exits)],
    ['interrupts', count(recording.interrupts)],
    ['DMA', plural(recording.dmaBytes, 'byte')],
    [
      'guest',
      [guest.name, `${guest.memoryBytes / 2 ** 20} MiB`, guest.cpuModel].filter(Boolean).join(', '),
    ],
    ['key states', keys.count > 0 ? `${count(keys.count)}, ${bytes(keys.bytes)}` : ''],
    ['boot', guest.bootFormat],
    ['append', guest.append],
    ['clock', `starts at ${guest.rtcBase}`],
    ['uncontrolled', (header.uncontrolled ?? []).join(', ')],
    ...images.map((image, i): [string, string] => [i === 0 ? 'images' : '', image]),
  ];
  if (recording.damage) rows.splice(2, 0, ['damage', recording.damage.message]);
  for (const line of table(rows.filter(([, value]) => value !== ''))) output.line(line);
}

function engineText(recorded: string | undefined): string {
  if (!recorded) return 'build not recorded';
  const own = loadBuildId();
  return recorded === own ? `build ${recorded}, as this one` : `build ${recorded}; this is ${own}`;
}

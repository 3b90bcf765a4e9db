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
      if (output.json) output.document(await infoDocument(recording));
      else show(path, recording, output);
    } finally {
      recording.close();
    }
    return 0;
  });
}

async function infoDocument(recording: Recording) {
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
    // Key states are rebuilt when a recording is opened; none are kept beside it yet.
    checkpoints: 0,
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

function show(path: string, recording: Recording, output: Output): void {
  const { guest, header, end } = recording;
  const images = header.images.map(
    ({ role, name, size, sha256 }) =>
      `${role} ${name}, ${bytes(size)}, sha256 ${sha256.slice(0, 16)}…`,
  );
  const ended = end
    ? `${end.reason}, state hash ${end.stateHash}`
    : output.style('yellow', 'incomplete: the recorder did not get to the end');
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

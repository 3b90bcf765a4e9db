/** A recording as a debug target: what every command that travels in one starts with. */

import { createVcpu } from '../engine/index.ts';
import { ReplaySession } from '../replay/session.ts';
import { Timeline, type TimelineOptions } from '../replay/timeline.ts';
import type { TargetStop } from '../target/debug-target.ts';
import { ReplayTarget } from '../target/replay-target.ts';
import type { Recording } from '../trace/recording.ts';
import { vcpuOf } from './cpu-option.ts';
import type { Accel } from './guest-options.ts';
import { keyStatesOf } from './key-states.ts';
import { loadPrebuiltModule } from './prebuilt.ts';

/**
 * `path` is where bookmarks and key states lie beside. What there is to say about the latter comes
 * now, on stderr. The recording stays the caller's to close.
 */
export function openTarget(
  recording: Recording,
  path: string,
  accel: Accel,
  options: TimelineOptions = {},
): ReplayTarget {
  loadPrebuiltModule();
  const vcpu = createVcpu({ ...vcpuOf(recording), accel });
  let open = true;
  const keys = keyStatesOf(path, (text) => {
    // Later there may be a screen that it would spoil.
    if (open) process.stderr.write(`${text}\n`);
  });
  const timeline = new Timeline(new ReplaySession(recording, vcpu), {
    keys,
    search: { recordingPath: path, accel },
    ...options,
  });
  open = false;
  return new ReplayTarget(timeline, path);
}

/** The divergence a move ended with, if it did: for whoever cannot go on then. */
export function divergenceOf(stop: TargetStop) {
  return stop.reason === 'divergence' ? stop.divergence : undefined;
}

/** What an image has for unwinding. */

import { CallFrames } from '../dwarf/call-frames.ts';
import type { Image } from '../image.ts';
import { OrcTable } from './orc.ts';

/** .debug_frame where there is one: .eh_frame has at most the same. */
export function callFramesOf(image: Image): CallFrames | undefined {
  for (const name of ['.debug_frame', '.eh_frame'] as const) {
    const sections = image.unwindSections(name);
    if (!sections) continue;
    const frames = new CallFrames(sections, name, image.sectionAddress(sections, name) ?? 0n);
    if (frames.count > 0) return frames;
  }
  return undefined;
}

export function orcOf(image: Image): OrcTable | undefined {
  const sections = image.unwindSections('.orc_unwind_ip');
  if (!sections) return undefined;
  const at = image.sectionAddress(sections, '.orc_unwind_ip');
  const ips = sections.bytes('.orc_unwind_ip');
  const entries = sections.bytes('.orc_unwind');
  if (at === undefined || ips.length === 0 || entries.length === 0) return undefined;
  return new OrcTable(ips, entries, image.toGuest(at), sections.has('.orc_header'));
}

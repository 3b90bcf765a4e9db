/** All that a front end needs to know of what lies behind it: it imports nothing but src/target. */

export { type Gpa, type Gva, gpa, gva, type Icount } from '../engine/units.ts';
export {
  GPR_NAMES,
  type Registers,
  SEGMENT_NAMES,
  type Segment,
} from '../engine/vcpu/vcpu.ts';
export { frameLine } from '../exits/text.ts';
export type { Bookmark } from '../replay/bookmarks.ts';
export { EXECUTE_BYTES_MAX, type StopCondition } from '../replay/conditions.ts';
export { type Divergence, describeDivergence } from '../replay/divergence.ts';
export { compareMarks, formatMark, type Mark, MarkError } from '../replay/mark.ts';
export { finishAsync, type Progress, type WorkControl } from '../replay/work.ts';
export type { Frame } from '../trace/frame.ts';
export type { GuestConfig } from '../trace/header.ts';
export type {
  Capabilities,
  DebugTarget,
  Diversion,
  LiveControl,
  MemoryRange,
  PlacedFrame,
  TargetStop,
  When,
} from './debug-target.ts';
export { type CodeLine, codeText, disassemble } from './disassembly.ts';
export { type CodeFrame, LinuxFrames } from './linux-frames.ts';
export { LinuxNames } from './linux-names.ts';
export { type Looked, type Mapping, mappings, pageWalk, type Walk } from './page-walk.ts';
export {
  DENSITY_KINDS,
  type Density,
  type DensityKind,
  type KnownPlaces,
  RecordingView,
} from './recording-view.ts';
export { bitsOf, cplOf, flagNames, linearRip, registerLines } from './state-view.ts';

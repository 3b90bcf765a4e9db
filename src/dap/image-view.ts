/** A loaded file of the program, as the client's list of modules shows it. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { ProgramImage } from '../symbols/program.ts';
import { hex } from './references.ts';

export function describeImage(image: ProgramImage): DebugProtocol.Module & Record<string, unknown> {
  const { name, path, debugPath, buildId, slide, ranges } = image;
  const first = ranges[0];
  const last = ranges.at(-1);
  return {
    ...{ id: path, name, path, isOptimized: true },
    symbolStatus: debugPath === undefined ? 'Symbols only' : 'Debug information',
    ...(debugPath !== undefined && { symbolFilePath: debugPath }),
    ...(first && last && { addressRange: `${hex(first.start)}-${hex(last.end)}` }),
    ...(buildId !== undefined && { buildId }),
    slide: hex(slide),
  };
}

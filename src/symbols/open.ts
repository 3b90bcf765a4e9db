/** Opens the files of a program. */

import { DebugProgram } from './debug-program.ts';
import { Image } from './image.ts';
import { IndexCache } from './index-cache.ts';
import { type Program, type ProgramOptions, SymbolError } from './program.ts';
import { SourcePaths } from './source-paths.ts';

/** Throws `SymbolError` for a file that is not there or none of the kind. */
export function openProgram(options: ProgramOptions): Program {
  const debugDirectories = options.debugDirectories ?? [];
  const cache = options.cache === false ? undefined : new IndexCache(options.cache);
  const images = options.files.map((file) => new Image(file, { debugDirectories, cache }));
  const linked = (symbol: string): bigint | undefined => images[0]?.symbols.symbol(symbol)?.start;
  const slide = typeof options.slide === 'function' ? options.slide(linked) : options.slide;
  for (const image of images) {
    if (slide !== undefined) image.slide = BigInt.asUintN(64, slide);
    refuseSplit(image);
  }
  return new DebugProgram({
    images,
    paths: new SourcePaths(options.sourceFileMap),
    debugDirectories,
  });
}

/** Lines without variables would look like a program without any. */
function refuseSplit(image: Image): void {
  if (!image.info) return;
  for (const name of image.info.splitNames()) {
    throw new SymbolError(
      `'${image.path}': expected its debug information in one file, it is split into .dwo files like '${name}': build without -gsplit-dwarf, or pack it with dwp`,
    );
  }
}

/** Builds an image's indexes; see below for where they are kept. */

import type { Image } from './image.ts';

export function* readIndexes(
  image: Image,
  _folder: string | false | undefined,
): Generator<number, void> {
  for (const share of image.buildNames()) yield share * 0.7;
  for (const share of image.buildFiles()) yield 0.7 + share * 0.3;
}

/** `traces/MANIFEST.md`: the golden recordings, each with the command that makes it and how it ends. */

export interface GoldenTrace {
  readonly file: string;
  /** Arguments of `retrovisor`, run at the top of the checkout. */
  readonly args: readonly string[];
  readonly icount: number;
  readonly stateHash: string;
}

const ENTRY =
  /^## (\S+)\n\n {4}retrovisor (.+)\n\nends at icount ([\d,]+) with state hash `([0-9a-f]+)`\.$/gm;

export function parseManifest(text: string): GoldenTrace[] {
  return [...text.matchAll(ENTRY)].map(([, file = '', command = '', at = '', stateHash = '']) => ({
    file,
    args: command.split(' '),
    icount: Number(at.replaceAll(',', '')),
    stateHash,
  }));
}

/** The manifest with one trace's end put in anew. */
export function withEnd(text: string, { file, args, icount, stateHash }: GoldenTrace): string {
  const at = icount.toLocaleString('en-US');
  const entry = `## ${file}\n\n    retrovisor ${args.join(' ')}\n\nends at icount ${at} with state hash \`${stateHash}\`.`;
  return text.replace(ENTRY, (old, name) => (name === file ? entry : old));
}

/**
 * Modules that a Linux guest has loaded: found in its `modules` list, with the sections' addresses that
 * it keeps for sysfs (kernel/module/sysfs.c), and matched with .ko files on disk.
 */

import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Image } from './image.ts';
import { SymbolError, type Value } from './program.ts';

const MODULES_MAX = 1_000;
const SECTIONS_MAX = 512;
const NAME_MAX = 64;
/** Where Debian and others keep modules with debug information. */
const PLACES = ['/usr/lib/debug/lib/modules', '/usr/lib/debug/usr/lib/modules', '/lib/modules'];
const DEPTH_MAX = 12;

type Evaluate = (expression: string) => Value;

interface Loaded {
  readonly name: string;
  readonly at: bigint;
}

export class Modules {
  readonly #directories: readonly string[];
  readonly #images = new Map<string, Image | undefined>();
  #files: ReadonlyMap<string, string> | undefined;

  constructor(directories: readonly string[]) {
    this.#directories = directories;
  }

  get images(): readonly Image[] {
    return [...this.#images.values()].filter((image) => image !== undefined);
  }

  /** True if modules came or went. */
  refresh(kernel: Image, evaluate: Evaluate): boolean {
    if (!kernel.info || !kernel.symbols.symbol('modules')) return false;
    const loaded = loadedModules(evaluate);
    if (!loaded) return false;
    const keys = new Map(loaded.map((one) => [`${one.name} ${one.at}`, one]));
    let changed = false;
    for (const [key, image] of this.#images) {
      if (keys.has(key)) continue;
      image?.close();
      this.#images.delete(key);
      changed ||= image !== undefined;
    }
    for (const [key, one] of keys) {
      if (this.#images.has(key)) continue;
      const image = this.#open(one, kernel, evaluate);
      this.#images.set(key, image);
      changed ||= image !== undefined;
    }
    return changed;
  }

  #open({ name, at }: Loaded, kernel: Image, evaluate: Evaluate): Image | undefined {
    this.#files ??= moduleFiles(this.#directories, kernel.path);
    const path = this.#files.get(name);
    const sections = path === undefined ? undefined : sectionsOf(at, evaluate);
    if (path === undefined || !sections || sections.size === 0) return undefined;
    try {
      return new Image(path, { name, sections, debugDirectories: this.#directories });
    } catch (error) {
      // A damaged file: the module goes without names.
      if (error instanceof SymbolError) return undefined;
      throw error;
    }
  }
}

/** Undefined where the list cannot be read: early in the boot, or for another kernel. */
function loadedModules(evaluate: Evaluate): Loaded[] | undefined {
  try {
    const list = evaluate('$list(modules, struct module, list)');
    return list.children(0, MODULES_MAX).flatMap(({ value }) => {
      const at = value.address;
      const name = value.children().find((member) => member.name === 'name')?.value;
      const text = name && textOf(name);
      return at === undefined || !text ? [] : [{ name: text, at }];
    });
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

function textOf(value: Value): string {
  const bytes = value
    .children(0, NAME_MAX)
    .map(({ value: one }) => Number(BigInt.asUintN(8, one.integer ?? 0n)));
  const end = bytes.indexOf(0);
  const text = String.fromCharCode(...bytes.slice(0, end < 0 ? undefined : end));
  return /^[\w-]+$/.test(text) ? text : '';
}

function sectionsOf(at: bigint, evaluate: Evaluate): Map<string, bigint> | undefined {
  const module = `((struct module *)0x${at.toString(16)})`;
  const found = new Map<string, bigint>();
  try {
    const count = Number(evaluate(`${module}->sect_attrs->nsections`).integer ?? 0n);
    for (let i = 0; i < Math.min(count, SECTIONS_MAX); i++) {
      const one = `${module}->sect_attrs->attrs[${i}]`;
      const name = /"(.*)"/.exec(evaluate(`(char *)${one}.battr.attr.name`).format())?.[1];
      const address = evaluate(`${one}.address`).integer;
      if (name && address !== undefined) found.set(name, address);
    }
    return found;
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

/** By the name the kernel gives them: with "_" for "-". Files with debug information come first. */
function moduleFiles(directories: readonly string[], kernel: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const release = /vmlinu[xz]-(.+)$/.exec(kernel)?.[1];
  const around = dirname(dirname(kernel));
  const roots = [
    ...directories,
    ...(release === undefined
      ? []
      : [join(around, 'lib/modules'), join(around, 'usr/lib/modules'), ...PLACES].map((place) =>
          join(place, release),
        )),
  ];
  for (const root of roots) collect(root, found, 0);
  return found;
}

function collect(folder: string, found: Map<string, string>, depth: number): void {
  if (depth > DEPTH_MAX || !existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) collect(path, found, depth + 1);
    const name = /^(.+)\.ko(?:\.debug)?$/.exec(entry.name)?.[1]?.replaceAll('-', '_');
    if (name !== undefined && entry.isFile() && !found.has(name)) found.set(name, path);
  }
}

/** What the adapter is given from outside: how to open the guest that `attach` or `launch` names. */

import type { Program } from '../symbols/program.ts';
import type { DebugTarget, RecordingView } from '../target/index.ts';

export interface DapTarget extends DebugTarget {
  /** The recording as a whole; of a live guest, what there is of it. */
  readonly recording: RecordingView;
}

/** What both requests take. */
export interface CommonArguments {
  /** ELF files, System.map, kallsyms. Default: the kernel that is in the recording. */
  readonly symbols?: string | readonly string[];
  /** More folders with separate debug files and modules. */
  readonly debugDirectories?: readonly string[];
  /** Prefixes of source paths as built → as they are here. */
  readonly sourceFileMap?: Readonly<Record<string, string>>;
  /** How far the kernel moved itself, as hexadecimal text; found by itself where it can be. */
  readonly slide?: string;
  /** Stop where the session begins, instead of running to the first breakpoint. */
  readonly stopOnEntry?: boolean;
  /** The mark where the session begins. Default: the start. */
  readonly at?: string;
  readonly accel?: string;
  /** For what is relative among the paths. */
  readonly cwd?: string;
}

export interface AttachArguments extends CommonArguments {
  /** A .retro file. */
  readonly recording: string;
}

/** The guest options' names in camelCase. */
export interface LaunchArguments extends CommonArguments {
  readonly kernel: string;
  readonly initrd?: string;
  readonly append?: string;
  /** MiB, or a text such as "1G". */
  readonly memory?: number | string;
  readonly rtc?: string;
  readonly cpu?: string;
  readonly name?: string;
  /** Where the recording goes; without it, into a temporary file that is deleted at the end. */
  readonly record?: string;
}

export interface OpenControl {
  progress(share: number, what: string): void;
  cancelled(): boolean;
  /** Something the person should know: a file that was not found. */
  note(text: string): void;
}

export interface Opened {
  readonly target: DapTarget;
  /** May become another one when `refresh` says so. */
  readonly program: Program;
  /** Called where the guest stands: looks whether more is to be known. True if the program is new. */
  refresh(): boolean;
  /** "boot.retro" */
  readonly name: string;
  close(): Promise<void>;
}

export interface DapHost {
  attach(args: AttachArguments, control: OpenControl): Promise<Opened>;
  launch(args: LaunchArguments, control: OpenControl): Promise<Opened>;
  /** Its version, for people. */
  readonly version: string;
}

export const OWN_SHAPES = {
  AttachArguments: {
    recording: 'string',
    ...common(),
  },
  LaunchArguments: {
    kernel: 'string',
    ...{ initrd: 'string?', append: 'string?', memory: 'any', rtc: 'string?', cpu: 'string?' },
    ...{ name: 'string?', record: 'string?' },
    ...common(),
  },
} as const;

function common() {
  return {
    ...{ symbols: 'any', debugDirectories: 'string[]?', sourceFileMap: 'any', slide: 'string?' },
    ...{ stopOnEntry: 'boolean?', at: 'string?', accel: 'string?', cwd: 'string?' },
  } as const;
}

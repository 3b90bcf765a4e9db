/**
 * Where the adapter is and what runs it: the `retrovisor` that the settings name, or the workspace has,
 * or else the one that comes with the extension.
 */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';

const NODE_MIN = [20, 19] as const;

export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  readonly #extension: string;
  #node: Promise<Runtime> | undefined;

  constructor(context: vscode.ExtensionContext) {
    this.#extension = context.extensionPath;
  }

  async createDebugAdapterDescriptor(
    session: vscode.DebugSession,
  ): Promise<vscode.DebugAdapterDescriptor> {
    const { debugServer } = session.configuration;
    if (typeof debugServer === 'number') return new vscode.DebugAdapterServer(debugServer);
    const main = this.#main(session.workspaceFolder);
    this.#node ??= findNode(settingOf('node'));
    const { command, env } = await this.#node;
    return new vscode.DebugAdapterExecutable(command, [main, 'dap'], { env });
  }

  #main(folder: vscode.WorkspaceFolder | undefined): string {
    const set = settingOf('path');
    if (set !== '') {
      const found = mainIn(set) ?? (set.endsWith('.js') && existsSync(set) ? set : undefined);
      if (found) return found;
      throw new Error(`retrovisor.path: expected a retrovisor's folder or main.js, got ${set}`);
    }
    // What a workspace brings along is run only if it is trusted.
    const folders = vscode.workspace.isTrusted
      ? [folder, ...(vscode.workspace.workspaceFolders ?? [])]
      : [];
    for (const one of folders) {
      if (!one) continue;
      const root = one.uri.fsPath;
      const found = mainIn(root) ?? mainIn(join(root, 'node_modules/retrovisor'));
      if (found) return found;
    }
    return join(this.#extension, 'server/dist/cli/main.js');
  }
}

const settingOf = (name: string): string =>
  vscode.workspace.getConfiguration('retrovisor').get<string>(name, '').trim();

/** The command line of the package in a folder, if it is retrovisor's and it is built. */
function mainIn(folder: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      name?: unknown;
      bin?: { retrovisor?: unknown };
    };
    const bin = manifest.bin?.retrovisor;
    if (manifest.name !== 'retrovisor' || typeof bin !== 'string') return undefined;
    const main = join(folder, bin);
    return existsSync(main) ? main : undefined;
  } catch {
    return undefined;
  }
}

interface Runtime {
  readonly command: string;
  readonly env: Record<string, string>;
}

/** A Node that is new enough; the editor's own is one too, if it is told to be. */
async function findNode(set: string): Promise<Runtime> {
  const own = { command: process.execPath, env: { ELECTRON_RUN_AS_NODE: '1' } };
  for (const command of set === '' ? ['node'] : [set]) {
    try {
      const script = 'process.stdout.write(process.execPath + " " + process.versions.node)';
      const { stdout } = await promisify(execFile)(command, ['-e', script]);
      const [, path = command, major = '0', minor = '0'] =
        /^(.*) (\d+)\.(\d+)\.\d+/s.exec(stdout) ?? [];
      const version = [Number(major), Number(minor)] as const;
      const enough =
        version[0] > NODE_MIN[0] || (version[0] === NODE_MIN[0] && version[1] >= NODE_MIN[1]);
      // The full path: a command that is just "node" would be forked inside the editor.
      if (enough) return { command: path, env: {} };
      if (set !== '') {
        throw new Error(
          `retrovisor.node: expected Node ${NODE_MIN.join('.')}, got ${major}.${minor}`,
        );
      }
    } catch (error) {
      if (set !== '') throw error;
    }
  }
  return own;
}

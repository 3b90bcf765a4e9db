/** F5 without a launch.json, recordings of the workspace as configurations, and picking files. */

import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Demo } from './demo.ts';

const RECORDINGS_MAX = 50;
const SKIPPED = '**/{node_modules,.git}/**';

export const findRecordings = async (): Promise<vscode.Uri[]> => {
  const found = await vscode.workspace.findFiles('**/*.retro', SKIPPED, RECORDINGS_MAX);
  return found.sort((a, b) => (a.fsPath < b.fsPath ? -1 : 1));
};

export const attachTo = (recording: string): vscode.DebugConfiguration => ({
  ...{ type: 'retrovisor', request: 'attach', name: `Replay ${basename(recording)}`, recording },
});

export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  readonly #demo: Demo;

  constructor(demo: Demo) {
    this.#demo = demo;
  }

  async provideDebugConfigurations(): Promise<vscode.DebugConfiguration[]> {
    return (await findRecordings()).map(({ fsPath }) => attachTo(fsPath));
  }

  async resolveDebugConfiguration(
    _folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined | null> {
    if (configuration.type || configuration.request || configuration.name) return configuration;
    const recordings = await findRecordings();
    const [only] = recordings;
    if (only && recordings.length === 1) return attachTo(only.fsPath);
    const picked = await pickRecording(recordings, this.#demo);
    return picked;
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    if (configuration.request === 'launch' && !vscode.workspace.isTrusted) {
      const text =
        'Retrovisor starts guests only in a workspace that is trusted; replaying is fine.';
      await vscode.window.showErrorMessage(text);
      return undefined;
    }
    const root = folder ?? vscode.workspace.workspaceFolders?.[0];
    return { ...(root && { cwd: root.uri.fsPath }), ...configuration };
  }
}

async function pickRecording(
  recordings: readonly vscode.Uri[],
  demo: Demo,
): Promise<vscode.DebugConfiguration | undefined> {
  const items = [
    ...recordings.map(({ fsPath }) => ({
      label: basename(fsPath),
      description: vscode.workspace.asRelativePath(fsPath),
      make: async () => attachTo(fsPath),
    })),
    {
      label: 'The demo recording',
      description: 'comes with the extension: a small kernel that crashes',
      make: () => demo.configuration(),
    },
  ];
  const title = 'Which recording?';
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  return await picked?.make();
}

/** `${command:pickRecording}` in launch.json. */
export async function pickRecordingPath(): Promise<string | undefined> {
  const recordings = await findRecordings();
  const browse = { label: '$(folder-opened) Another file…', description: '', path: '' };
  const items = recordings.map(({ fsPath }) => ({
    ...{ label: basename(fsPath), description: vscode.workspace.asRelativePath(fsPath) },
    path: fsPath,
  }));
  const picked = await vscode.window.showQuickPick([...items, browse], {
    title: 'Which recording?',
  });
  if (picked && picked !== browse) return picked.path;
  return picked && (await pickFile('Recording', { Recordings: ['retro'] }));
}

/** `${command:pickKernel}` in launch.json. */
export const pickKernelPath = (): Promise<string | undefined> => pickFile('Kernel', {});

async function pickFile(
  openLabel: string,
  filters: Record<string, string[]>,
): Promise<string | undefined> {
  const picked = await vscode.window.showOpenDialog({ openLabel, filters });
  return picked?.[0]?.fsPath;
}

/**
 * The demo recording, which comes with the extension. Bookmarks lie beside a recording, so the session
 * is on a copy in the extension's own storage.
 */

import { join } from 'node:path';
import * as vscode from 'vscode';

export class Demo {
  readonly #context: vscode.ExtensionContext;

  constructor(context: vscode.ExtensionContext) {
    this.#context = context;
  }

  get #folder(): string {
    return join(this.#context.extensionPath, 'demo');
  }

  async configuration(): Promise<vscode.DebugConfiguration> {
    const storage = this.#context.globalStorageUri;
    const version = String((this.#context.extension.packageJSON as { version?: unknown }).version);
    const copy = vscode.Uri.joinPath(storage, `demo-${version}.retro`);
    const original = vscode.Uri.file(join(this.#folder, 'demo.retro'));
    await vscode.workspace.fs.createDirectory(storage);
    await vscode.workspace.fs.copy(original, copy, { overwrite: true });
    return {
      ...{ type: 'retrovisor', request: 'attach', name: 'The demo recording' },
      recording: copy.fsPath,
      sourceFileMap: { 'guests/demo': join(this.#folder, 'guests/demo') },
    };
  }

  async start(): Promise<void> {
    await vscode.debug.startDebugging(undefined, await this.configuration());
    await vscode.commands.executeCommand('retrovisor.timeline.focus');
  }
}

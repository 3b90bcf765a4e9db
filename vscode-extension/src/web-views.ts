/** The two web views of the Time panel: the timeline, and the guest's console. */

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { FromTimeline, ToConsole, ToTimeline } from './messages.ts';
import type { TimeSession } from './time-session.ts';

abstract class WebView<Sent> implements vscode.WebviewViewProvider {
  protected readonly time: TimeSession;
  readonly #extension: vscode.Uri;
  readonly #script: string;
  protected view: vscode.WebviewView | undefined;

  constructor(context: vscode.ExtensionContext, time: TimeSession, script: string) {
    this.time = time;
    this.#extension = context.extensionUri;
    this.#script = script;
    context.subscriptions.push(time.onChanged(() => void this.refresh()));
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    const { webview } = view;
    const media = vscode.Uri.joinPath(this.#extension, 'dist');
    webview.options = { enableScripts: true, localResourceRoots: [media] };
    webview.onDidReceiveMessage((message: FromTimeline) => void this.received(message));
    view.onDidDispose(() => {
      this.view = undefined;
    });
    view.onDidChangeVisibility(() => void this.refresh());
    webview.html = this.#html(webview, media);
  }

  protected abstract received(message: FromTimeline): Promise<void>;
  protected abstract refresh(): Promise<void>;

  protected post(message: Sent): void {
    void this.view?.webview.postMessage(message);
  }

  #html(webview: vscode.Webview, media: vscode.Uri): string {
    const nonce = randomBytes(16).toString('hex');
    const uri = (name: string) => String(webview.asWebviewUri(vscode.Uri.joinPath(media, name)));
    const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
    return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${uri(`${this.#script}.css`)}">
<title>Retrovisor</title>
</head>
<body>
<main id="root"></main>
<script nonce="${nonce}" src="${uri(`${this.#script}.js`)}"></script>
</body>
</html>`;
  }
}

export class TimelineView extends WebView<ToTimeline> {
  #range: { readonly from: number; readonly to: number } | undefined;

  constructor(context: vscode.ExtensionContext, time: TimeSession) {
    super(context, time, 'timeline');
    context.subscriptions.push(
      time.onBookmarks(() => void this.refresh()),
      vscode.debug.onDidChangeActiveDebugSession(() => {
        this.#range = undefined;
      }),
    );
  }

  protected async received(message: FromTimeline): Promise<void> {
    if (message.kind === 'seek') await this.time.tell('retrovisor/seek', { mark: message.mark });
    else if (message.kind === 'range') {
      this.#range = message.whole ? undefined : { from: message.from, to: message.to };
      await this.refresh();
    } else await this.refresh();
  }

  protected async refresh(): Promise<void> {
    if (!this.view?.visible) return;
    const columns = vscode.workspace
      .getConfiguration('retrovisor')
      .get<number>('timeline.columns', 600);
    const data = this.time.position
      ? await this.time.ask('retrovisor/timeline', { columns, ...this.#range })
      : undefined;
    this.post({ data: data ?? null, direction: this.time.direction });
  }
}

const CONSOLE_LINES = 5000;

export class ConsoleView extends WebView<ToConsole> {
  constructor(context: vscode.ExtensionContext, time: TimeSession) {
    super(context, time, 'console');
  }

  protected async received(message: FromTimeline): Promise<void> {
    if (message.kind === 'seek') await this.time.tell('retrovisor/seek', { mark: message.mark });
    else await this.refresh();
  }

  protected async refresh(): Promise<void> {
    if (!this.view?.visible) return;
    const reply = this.time.position
      ? await this.time.ask('retrovisor/console', { lines: CONSOLE_LINES, all: true })
      : undefined;
    this.post({ lines: reply?.lines ?? [] });
  }
}

/** The extension's start: everything registers itself here, and is disposed with the extension. */

import * as vscode from 'vscode';
import { AdapterFactory } from './adapter.ts';
import { registerCommands } from './commands.ts';
import { ConfigurationProvider } from './configuration.ts';
import { Demo } from './demo.ts';
import { showStatus } from './status.ts';
import { TimeSession } from './time-session.ts';
import { BookmarkTree, ExitTree, PageWalkTree, RegisterTree } from './trees.ts';
import { ConsoleView, TimelineView } from './web-views.ts';

export function activate(context: vscode.ExtensionContext): void {
  const time = new TimeSession();
  const demo = new Demo(context);
  const walk = new PageWalkTree(time);
  const provider = new ConfigurationProvider(demo);
  const { Dynamic } = vscode.DebugConfigurationProviderTriggerKind;
  context.subscriptions.push(
    time,
    vscode.debug.registerDebugAdapterDescriptorFactory('retrovisor', new AdapterFactory(context)),
    vscode.debug.registerDebugConfigurationProvider('retrovisor', provider),
    vscode.debug.registerDebugConfigurationProvider('retrovisor', provider, Dynamic),
    vscode.window.registerTreeDataProvider('retrovisor.registers', new RegisterTree(time)),
    vscode.window.registerTreeDataProvider('retrovisor.exits', new ExitTree(time)),
    vscode.window.registerTreeDataProvider('retrovisor.bookmarks', new BookmarkTree(time)),
    vscode.window.registerTreeDataProvider('retrovisor.pageWalk', walk),
    vscode.window.registerWebviewViewProvider(
      'retrovisor.timeline',
      new TimelineView(context, time),
    ),
    vscode.window.registerWebviewViewProvider('retrovisor.console', new ConsoleView(context, time)),
    showStatus(time),
    ...registerCommands(time, demo, walk),
  );
}

export function deactivate(): void {}

/** The debug session that the views and commands are about, and what it says about time. */

import * as vscode from 'vscode';
import type { CustomEvents, CustomRequests } from '../../src/dap/custom.ts';
import type { Position } from '../../src/dap/position-text.ts';

export type Direction = 'forwards' | 'backwards';

/** Requests after which the guest stands earlier. */
const BACKWARDS = new Set([
  ...['stepBack', 'reverseContinue', 'restartFrame', 'restart', 'retrovisor/stepBackIn'],
  ...['retrovisor/stepBackOut', 'retrovisor/lastWrite'],
]);
const FORWARDS = new Set(['continue', 'next', 'stepIn', 'stepOut', 'retrovisor/nextWrite']);

export class TimeSession implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  /** The guest stands somewhere else, or there is another session, or none. */
  readonly onChanged = this.#changed.event;
  readonly #bookmarked = new vscode.EventEmitter<void>();
  readonly onBookmarks = this.#bookmarked.event;
  readonly #positions = new Map<string, Position>();
  readonly #directions = new Map<string, Direction>();
  readonly #subscriptions: vscode.Disposable[] = [];

  constructor() {
    this.#subscriptions.push(
      vscode.debug.onDidReceiveDebugSessionCustomEvent((event) => this.#received(event)),
      vscode.debug.onDidChangeActiveDebugSession(() => this.#changed.fire()),
      vscode.debug.onDidTerminateDebugSession(({ id }) => {
        this.#positions.delete(id);
        this.#directions.delete(id);
        this.#changed.fire();
      }),
      vscode.debug.registerDebugAdapterTrackerFactory('retrovisor', {
        createDebugAdapterTracker: ({ id }) => ({
          onWillReceiveMessage: (message: {
            type?: string;
            command?: string;
            arguments?: unknown;
          }) => this.#asked(id, message),
        }),
      }),
    );
  }

  get active(): vscode.DebugSession | undefined {
    const session = vscode.debug.activeDebugSession;
    return session?.type === 'retrovisor' ? session : undefined;
  }

  get position(): Position | undefined {
    const { active } = this;
    return active && this.#positions.get(active.id);
  }

  get direction(): Direction {
    const { active } = this;
    return (active && this.#directions.get(active.id)) ?? 'forwards';
  }

  /** Undefined if there is no session, or it does not answer. */
  async ask<K extends keyof CustomRequests>(
    request: K,
    args?: CustomRequests[K]['args'],
  ): Promise<CustomRequests[K]['reply'] | undefined> {
    try {
      return (await this.active?.customRequest(request, args)) as CustomRequests[K]['reply'];
    } catch {
      return undefined;
    }
  }

  /** The same for what a person has asked for: failures are shown. */
  async tell<K extends keyof CustomRequests>(
    request: K,
    args?: CustomRequests[K]['args'],
  ): Promise<CustomRequests[K]['reply'] | undefined> {
    try {
      return (await this.active?.customRequest(request, args)) as CustomRequests[K]['reply'];
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      void vscode.window.showWarningMessage(message);
      return undefined;
    }
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
    this.#changed.dispose();
    this.#bookmarked.dispose();
  }

  #asked(id: string, message: { type?: string; command?: string; arguments?: unknown }): void {
    if (message.type !== 'request' || message.command === undefined) return;
    const { command } = message;
    const back =
      BACKWARDS.has(command) ||
      (command === 'retrovisor/event' && (message.arguments as { back?: boolean }).back === true);
    if (back) this.#directions.set(id, 'backwards');
    else if (FORWARDS.has(command) || command === 'retrovisor/event') {
      this.#directions.set(id, 'forwards');
    }
  }

  #received({ session, event, body }: vscode.DebugSessionCustomEvent): void {
    if (session.type !== 'retrovisor') return;
    if (event === 'retrovisor/bookmarks') this.#bookmarked.fire();
    if (event !== 'retrovisor/position') return;
    const position = body as CustomEvents['retrovisor/position'];
    const before = this.#positions.get(session.id);
    // A jump has the direction in which it led.
    if (before && before.icount !== position.icount) {
      this.#directions.set(session.id, position.icount < before.icount ? 'backwards' : 'forwards');
    }
    this.#positions.set(session.id, position);
    void vscode.commands.executeCommand('setContext', 'retrovisor.live', position.live);
    void vscode.commands.executeCommand(
      'setContext',
      'retrovisor.diversion',
      position.where === 'diversion',
    );
    this.#changed.fire();
  }
}

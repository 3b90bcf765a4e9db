/** The commands: most are one custom request, some ask for something first. */

import * as vscode from 'vscode';
import { attachTo, pickKernelPath, pickRecordingPath } from './configuration.ts';
import type { Demo } from './demo.ts';
import type { TimeSession } from './time-session.ts';
import type { PageWalkTree, Row } from './trees.ts';

/** What the variables view gives to a command of its context menu. */
interface VariableContext {
  readonly variable?: {
    readonly evaluateName?: string;
    readonly name?: string;
    readonly memoryReference?: string;
  };
}

export function registerCommands(
  time: TimeSession,
  demo: Demo,
  walk: PageWalkTree,
): vscode.Disposable[] {
  const ask = (title: string, placeHolder: string, value = ''): Thenable<string | undefined> =>
    vscode.window.showInputBox({ title, placeHolder, value });

  const write = async (back: boolean, expression: string | undefined): Promise<void> => {
    if (!expression) return;
    const frame = vscode.debug.activeStackItem;
    const frameId = frame instanceof vscode.DebugStackFrame ? frame.frameId : undefined;
    await time.tell(back ? 'retrovisor/lastWrite' : 'retrovisor/nextWrite', {
      expression,
      ...(frameId !== undefined && { frameId }),
    });
  };
  const nameOf = (context: unknown): string | undefined => {
    const { variable } = (context ?? {}) as VariableContext;
    if (variable) return variable.evaluateName ?? variable.name;
    // A watch expression.
    return (context as { name?: string } | undefined)?.name;
  };
  const event = (kind: string, back: boolean) => () =>
    time.tell('retrovisor/event', { kind, back });

  const commands: Readonly<Record<string, (...args: never[]) => unknown>> = {
    openDemo: () => demo.start(),
    replayFile: (file?: vscode.Uri) =>
      file &&
      vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(file), attachTo(file.fsPath)),
    pickRecording: () => pickRecordingPath(),
    pickKernel: () => pickKernelPath(),
    stepBackInto: () => time.tell('retrovisor/stepBackIn', {}),
    stepBackOut: () => time.tell('retrovisor/stepBackOut', {}),
    seek: async () => {
      const mark = await ask(
        'Go to a mark',
        '1234567, 1.5G, 50%, exit:1000, irq:20, console:"login:", start, end, a bookmark',
        time.position?.mark,
      );
      if (mark) await time.tell('retrovisor/seek', { mark });
    },
    start: () => time.tell('retrovisor/seek', { mark: 'start' }),
    end: () => time.tell('retrovisor/seek', { mark: 'end' }),
    undo: () => time.tell('retrovisor/undo', {}),
    redo: () => time.tell('retrovisor/undo', { redo: true }),
    endDiversion: () => time.tell('retrovisor/endDiversion'),
    lastWrite: (context: unknown) => write(true, nameOf(context)),
    nextWrite: (context: unknown) => write(false, nameOf(context)),
    lastWriteOf: async (expression?: string) =>
      write(
        true,
        expression ?? (await ask('Who wrote it last?', 'job_queue.head, *(int *)0x1234, $rsp')),
      ),
    nextExit: event('exit', false),
    lastExit: event('exit', true),
    nextInterrupt: event('irq', false),
    lastInterrupt: event('irq', true),
    findConsole: async () => {
      const text = await ask('Go to when the guest printed', 'a text of its console');
      if (text) await time.tell('retrovisor/seek', { mark: `console:"${text}"` });
    },
    addBookmark: async () => {
      const name = await ask('A name for this moment', 'before the crash');
      if (name) await time.tell('retrovisor/setBookmark', { name });
    },
    goToBookmark: () => goToBookmark(time),
    openBookmark: ({ bookmark }: Row) =>
      bookmark && time.tell('retrovisor/seek', { mark: bookmark.name }),
    removeBookmark: ({ bookmark }: Row) =>
      bookmark && time.tell('retrovisor/setBookmark', { name: bookmark.name, remove: true }),
    openExit: ({ exit }: Row) => exit && time.tell('retrovisor/seek', { mark: exit.mark }),
    pageWalk: async () => {
      const address = await ask('Page walk of', '0xffff888000000000, $rsp, &jiffies');
      if (!address) return;
      walk.show(address);
      await vscode.commands.executeCommand('retrovisor.pageWalk.focus');
    },
    typeOnConsole: async () => {
      const text = await ask("Type on the guest's console", 'a line; Enter is sent with it');
      if (text !== undefined) await time.tell('retrovisor/type', { text: `${text}\n` });
    },
  };
  return Object.entries(commands).map(([name, act]) =>
    vscode.commands.registerCommand(`retrovisor.${name}`, act as (...args: unknown[]) => unknown),
  );
}

async function goToBookmark(time: TimeSession): Promise<void> {
  const reply = await time.tell('retrovisor/bookmarks');
  if (!reply) return;
  if (reply.bookmarks.length === 0) {
    void vscode.window.showInformationMessage('There are no bookmarks yet.');
    return;
  }
  const items = reply.bookmarks.map(({ name, mark }) => ({ label: name, description: mark }));
  const picked = await vscode.window.showQuickPick(items, { title: 'Go to a bookmark' });
  if (picked) await time.tell('retrovisor/seek', { mark: picked.label });
}

/** The views in the debug side bar: registers, exits and interrupts, bookmarks, the page walk. */

import * as vscode from 'vscode';
import type { BookmarkRow, ExitRow, WalkReply } from '../../src/dap/custom.ts';
import { grouped, percent } from '../../src/dap/position-text.ts';
import type { TimeSession } from './time-session.ts';

/** A line of a view, with the lines under it. */
export interface Row extends vscode.TreeItem {
  readonly rows?: readonly Row[];
  readonly bookmark?: BookmarkRow;
  readonly exit?: ExitRow;
}

const EXITS_AROUND = 12;

abstract class Tree implements vscode.TreeDataProvider<Row> {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  protected readonly time: TimeSession;

  constructor(time: TimeSession) {
    this.time = time;
    time.onChanged(() => this.refresh());
  }

  refresh(): void {
    this.#changed.fire();
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return row;
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (row) return [...(row.rows ?? [])];
    return this.time.position ? await this.top() : [];
  }

  protected abstract top(): Promise<Row[]>;
}

const { None, Expanded, Collapsed } = vscode.TreeItemCollapsibleState;

export class RegisterTree extends Tree {
  #before = new Map<string, string>();
  #now = new Map<string, string>();
  #at: string | undefined;

  protected async top(): Promise<Row[]> {
    const { position } = this.time;
    const reply = await this.time.ask('retrovisor/registers');
    if (!reply || !position) return [];
    if (this.#at !== position.mark) {
      this.#before = this.#now;
      this.#at = position.mark;
    }
    this.#now = new Map(
      reply.groups.flatMap(({ registers }) => registers.map((r) => [r.name, r.value])),
    );
    return reply.groups.map(({ name, registers }, i) => ({
      ...{ id: name, label: name, collapsibleState: i === 0 ? Expanded : Collapsed },
      rows: registers.map((one) => this.#row(one.name, one.value)),
    }));
  }

  #row(name: string, value: string): Row {
    const before = this.#before.get(name);
    const changed = before !== undefined && before !== value;
    return {
      ...{ id: `register ${name}`, collapsibleState: None, description: value },
      label: {
        label: name,
        ...(changed && { highlights: [[0, name.length] as [number, number]] }),
      },
      tooltip: changed ? `${name}: ${value}\nbefore the last move: ${before}` : `${name}: ${value}`,
    };
  }
}

const KIND_ICONS: Readonly<Record<string, string>> = {
  ...{ pio: 'plug', mmio: 'circuit-board', hlt: 'debug-pause', interrupt: 'zap', nmi: 'zap' },
  ...{ cpuid: 'chip', rdmsr: 'settings', wrmsr: 'settings', dma: 'arrow-swap', input: 'keyboard' },
};

export class ExitTree extends Tree {
  protected async top(): Promise<Row[]> {
    const around = { before: EXITS_AROUND, after: EXITS_AROUND };
    const reply = await this.time.ask('retrovisor/exits', around);
    if (!reply) return [];
    const rows = reply.exits.map((exit): Row => this.#row(exit));
    const now = reply.exits.findIndex(({ past }) => !past);
    const here: Row = {
      ...{ id: 'now', label: 'now', collapsibleState: None },
      iconPath: new vscode.ThemeIcon('arrow-right', new vscode.ThemeColor('charts.yellow')),
    };
    return [
      ...rows.slice(0, now < 0 ? rows.length : now),
      here,
      ...(now < 0 ? [] : rows.slice(now)),
    ];
  }

  #row(exit: ExitRow): Row {
    const icon = KIND_ICONS[exit.kind] ?? 'circle-outline';
    const color = exit.past ? undefined : new vscode.ThemeColor('disabledForeground');
    return {
      ...{ id: `exit ${exit.ordinal}`, label: exit.text, collapsibleState: None, exit },
      ...{ description: grouped(exit.icount), contextValue: 'retrovisor.exit' },
      iconPath: new vscode.ThemeIcon(icon, color),
      tooltip: `${exit.text}\nat mark ${exit.mark}, ${exit.past ? 'in the past of' : 'still to come from'} here`,
      command: { command: 'retrovisor.openExit', title: 'Go there', arguments: [{ exit }] },
    };
  }
}

export class BookmarkTree extends Tree {
  constructor(time: TimeSession) {
    super(time);
    time.onBookmarks(() => this.refresh());
  }

  protected async top(): Promise<Row[]> {
    const reply = await this.time.ask('retrovisor/bookmarks');
    return (reply?.bookmarks ?? []).map((bookmark) => ({
      ...{
        id: `bookmark ${bookmark.name}`,
        label: bookmark.name,
        collapsibleState: None,
        bookmark,
      },
      description: `${percent(bookmark.share)} · ${bookmark.mark}`,
      ...{ contextValue: 'retrovisor.bookmark', iconPath: new vscode.ThemeIcon('bookmark') },
      command: { command: 'retrovisor.openBookmark', title: 'Go there', arguments: [{ bookmark }] },
    }));
  }
}

export class PageWalkTree extends Tree {
  #address: string | undefined;

  show(address: string): void {
    this.#address = address;
    this.refresh();
  }

  protected async top(): Promise<Row[]> {
    if (this.#address === undefined) return [];
    const address = this.#address;
    const walk = await this.time.ask('retrovisor/pageWalk', { address });
    if (!walk)
      return [{ label: address, description: 'is no address here', collapsibleState: None }];
    return [
      { label: address, description: walk.address, collapsibleState: Expanded, rows: rowsOf(walk) },
    ];
  }
}

function rowsOf({ entries, physical, pageBytes, rights }: WalkReply): Row[] {
  const steps = entries.map(
    ({ name, at, value, flags }): Row => ({
      ...{ label: name, description: `${value}  ${flags}`, tooltip: `at physical ${at}` },
      collapsibleState: None,
    }),
  );
  const found: Row =
    physical === undefined
      ? { label: 'not present', collapsibleState: None, iconPath: new vscode.ThemeIcon('error') }
      : {
          ...{ label: physical, description: `page of ${grouped(pageBytes)} bytes, ${rights}` },
          ...{ collapsibleState: None, iconPath: new vscode.ThemeIcon('check') },
        };
  return [...steps, found];
}

/**
 * A real VS Code: code-server in a folder of its own with the built extension, and a browser at it. What
 * a test says about it is what a person would see on the page.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type FrameLocator, type Page } from 'playwright-core';

const ROOT = join(import.meta.dirname, '../..');
const INSTALLED = join(ROOT, '.cache/code-server');
const NODE = join(INSTALLED, 'n24/node_modules/node/bin/node');
const ENTRY = join(INSTALLED, 'cs/node_modules/code-server/out/node/entry.js');
export const VSIX = join(ROOT, 'dist/retrovisor.vsix');
export const SCREENSHOTS = join(ROOT, '.cache/screenshots');
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** What is missing for it, if anything is. */
export function missing(): string | undefined {
  // Its steps wait for what the page shows; on a machine busy with other tests that can take too long.
  if (!process.env['VSCODE_TEST'])
    return 'VSCODE_TEST=1, which asks for it: it wants a quiet machine';
  if (!existsSync(join(INSTALLED, 'installed'))) {
    return 'code-server: node scripts/code-server.mjs fetches it';
  }
  if (!browserPath()) return `a browser: one of ${BROWSERS.join(', ')}`;
  return undefined;
}

const browserPath = (): string | undefined => BROWSERS.find((path) => existsSync(path));

const SETTINGS = {
  ...{ 'workbench.startupEditor': 'none', 'security.workspace.trust.enabled': false },
  ...{ 'telemetry.telemetryLevel': 'off', 'update.mode': 'none', 'chat.disableAIFeatures': true },
  ...{ 'debug.toolBarLocation': 'floating', 'debug.openDebug': 'openOnSessionStart' },
  ...{ 'workbench.secondarySideBar.defaultVisibility': 'hidden', 'extensions.autoUpdate': false },
  ...{ 'workbench.colorTheme': 'Default Dark Modern', 'editor.minimap.enabled': false },
  ...{
    'extensions.ignoreRecommendations': true,
    'git.enabled': false,
    'debug.console.fontSize': 12,
  },
  ...{ 'workbench.tips.enabled': false, 'window.commandCenter': false },
  ...{ 'debug.toolBarLocationOffset': 0, 'debug.showInStatusBar': 'never' },
};

const COMMAND_TRIES = 40;

export class Editor {
  readonly page: Page;
  readonly #server: ChildProcess;
  readonly #browser: Browser;
  readonly #folder: string;

  private constructor(page: Page, server: ChildProcess, browser: Browser, folder: string) {
    this.page = page;
    this.#server = server;
    this.#browser = browser;
    this.#folder = folder;
  }

  /** Installs the extension, opens a workspace with these files, and waits until it is there. */
  static async open(files: Readonly<Record<string, string>> = {}): Promise<Editor> {
    const folder = mkdtempSync(join(tmpdir(), 'retrovisor-vscode-'));
    const workspace = join(folder, 'workspace');
    const data = join(folder, 'data');
    mkdirSync(join(data, 'User'), { recursive: true });
    mkdirSync(workspace, { recursive: true });
    mkdirSync(SCREENSHOTS, { recursive: true });
    writeFileSync(join(data, 'User/settings.json'), JSON.stringify(SETTINGS));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(workspace, name, '..'), { recursive: true });
      writeFileSync(join(workspace, name), text);
    }
    const common = ['--user-data-dir', data, '--extensions-dir', join(folder, 'extensions')];
    execFileSync(NODE, [ENTRY, ...common, '--install-extension', VSIX], { stdio: 'pipe' });
    const port = await freePort();
    const args = [
      ...[ENTRY, ...common, '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
      ...['--disable-telemetry', '--disable-update-check', '--disable-workspace-trust', workspace],
    ];
    const server = spawn(NODE, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
    await said(server, /HTTP server listening/);
    const browser = await chromium.launch({
      executablePath: browserPath()!,
      args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
    });
    const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
    page.setDefaultTimeout(60_000);
    await page.goto(`http://127.0.0.1:${port}/?folder=${workspace}`);
    await page.waitForSelector('.monaco-workbench .part.statusbar');
    return new Editor(page, server, browser, folder);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    const gone = new Promise((resolve) => this.#server.once('exit', resolve));
    this.#server.kill('SIGTERM');
    await gone;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** By the command palette, as a person would: again until the command is there. */
  async command(title: string): Promise<void> {
    const { page } = this;
    const row = page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    const input = page.locator('.quick-input-widget input[aria-autocomplete="list"]').first();
    for (let tries = 1; ; tries++) {
      await page.keyboard.press('F1');
      await input.waitFor();
      await input.fill(`>${title}`);
      try {
        await row.waitFor({ timeout: 3000 });
        break;
      } catch (error) {
        // The list is made when the palette opens; extensions come later.
        if (tries === COMMAND_TRIES) throw error;
        await page.keyboard.press('Escape');
      }
    }
    await row.click();
  }

  /** Types into the input box that is open. */
  async answer(text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input').first();
    await input.waitFor();
    await input.fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Picks an entry of the list that is open. */
  async choose(label: string): Promise<void> {
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    await rows
      .filter({ hasText: new RegExp(label, 'i') })
      .first()
      .click();
  }

  /** Our item in the status bar. */
  async statusText(): Promise<string> {
    const item = this.page.locator('.statusbar-item[id="retrovisor.retrovisor.retrovisor.time"]');
    if ((await item.count()) === 0) return '';
    return ((await item.textContent()) ?? '').trim();
  }

  /** What the buttons of the debug toolbar are called. */
  async toolbar(): Promise<string[]> {
    const buttons = this.page.locator('.debug-toolbar .action-label');
    const labels = await Promise.all(
      (await buttons.all()).map((button) => button.getAttribute('aria-label')),
    );
    return labels.filter((label) => label !== null);
  }

  /** A button of the debug toolbar. */
  async press(label: string): Promise<void> {
    const buttons = this.page.locator('.debug-toolbar .action-label');
    const named = new RegExp(`^${label}(?: \\(.*)?$`);
    for (const button of await buttons.all()) {
      if (!named.test((await button.getAttribute('aria-label')) ?? '')) continue;
      await button.click();
      return;
    }
    throw new Error(`no button ${label} in the toolbar`);
  }

  /** The names in the call stack, from the top. */
  async frames(): Promise<string[]> {
    const rows = this.page.locator('.debug-call-stack .stack-frame .label');
    return (await rows.allTextContents()).map((text) => text.trim());
  }

  /** The innermost frame: its function, and "file.c:12". */
  async topFrame(): Promise<{ name: string; place: string } | undefined> {
    const row = this.page.locator('.debug-call-stack .stack-frame').first();
    if ((await row.count()) === 0) return undefined;
    try {
      const quick = { timeout: 1000 };
      const name = ((await row.locator('.label').textContent(quick)) ?? '').trim();
      const file = ((await row.locator('.file-name').textContent(quick)) ?? '').trim();
      const line = ((await row.locator('.line-number').textContent(quick)) ?? '').trim();
      return { name, place: `${file}:${line.split(':')[0]}` };
    } catch {
      // The list is being drawn anew.
      return undefined;
    }
  }

  async topName(): Promise<string> {
    return (await this.topFrame())?.name ?? '';
  }

  /** Why the thread stands, as the call stack says it. */
  async threadState(): Promise<string> {
    const label = this.page.locator('.debug-call-stack .state.label').first();
    return (await label.textContent()) ?? '';
  }

  /** A variable's value in the variables view; its scope is opened if it has to be. */
  async variable(name: string): Promise<string> {
    const view = this.page.locator('.debug-variables');
    const row = view.locator('.monaco-list-row', {
      has: this.page.locator('.name', { hasText: new RegExp(`^${name}\\b`) }),
    });
    // The view is filled when the stop has been asked about.
    for (let tries = 0; tries < 60 && (await row.count()) === 0; tries++) {
      const closed = view.locator('.monaco-list-row[aria-expanded="false"]', {
        hasText: /^(?:Locals|Arguments)/,
      });
      if ((await closed.count()) > 0) await closed.first().click();
      await row
        .first()
        .waitFor({ timeout: 500 })
        .catch(() => {});
    }
    return (await row.first().textContent({ timeout: 20_000 })) ?? '';
  }

  /** In the editor that is open. */
  async goToLine(line: number): Promise<void> {
    const { page } = this;
    await page.keyboard.press('Control+G');
    const input = page.locator('.quick-input-widget input').first();
    await input.waitFor();
    await input.fill(`:${line}`);
    await page.keyboard.press('Enter');
    await page
      .locator('.editor-statusbar-item, .statusbar-item', { hasText: `Ln ${line},` })
      .waitFor();
  }

  /** "Break on Value Change" of a member, from the variables view's context menu. */
  async breakOnChange(variable: string, member: string): Promise<void> {
    const { page } = this;
    await this.variable(variable);
    const view = page.locator('.debug-variables');
    const named = (name: string) =>
      view
        .locator('.monaco-list-row', {
          has: page.locator('.name', { hasText: new RegExp(`^${name}\\b`) }),
        })
        .first();
    if ((await named(variable).getAttribute('aria-expanded')) === 'false') {
      await named(variable).click();
    }
    await named(member).waitFor();
    await named(member).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Break on Value Change' }).click();
  }

  /** Types a line into the debug console. */
  async replCommand(text: string): Promise<void> {
    await this.command('Debug Console: Focus on Debug Console View');
    const input = this.page.locator('.repl-input-wrapper .monaco-editor').first();
    await input.click();
    await this.page.keyboard.type(text);
    await this.page.keyboard.press('Escape');
    await this.page.keyboard.press('Enter');
  }

  /** The document of the web view that has something of this kind in it. */
  async webview(selector: string): Promise<FrameLocator> {
    const { page } = this;
    for (let tries = 0; tries < 200; tries++) {
      const frames = page.locator('iframe.webview');
      for (let i = 0; i < (await frames.count()); i++) {
        const inner = frames.nth(i).contentFrame().frameLocator('#active-frame');
        if ((await inner.locator(selector).count()) > 0) return inner;
      }
      await page.waitForTimeout(100);
    }
    throw new Error(`no web view with ${selector}`);
  }

  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }
}

function said(server: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const heard = (bytes: Buffer): void => {
      text += bytes.toString();
      if (pattern.test(text)) resolve();
    };
    server.stdout?.on('data', heard);
    server.stderr?.on('data', heard);
    server.once('exit', (code) => reject(new Error(`code-server ended with ${code}: ${text}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

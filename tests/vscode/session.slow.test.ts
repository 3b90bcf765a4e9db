/**
 * A person's session in a real VS Code, from the installed extension to the planted bug of the demo
 * guest: what the page shows is what counts. Screenshots are kept in .cache/screenshots.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildVsix } from './build.ts';
import { Editor, missing } from './editor.ts';

const lacking = missing();
if (lacking) console.warn(`SKIPPED: the extension in a real VS Code, for want of ${lacking}`);

describe.skipIf(lacking)('in a real VS Code', () => {
  let editor: Editor;

  beforeAll(async () => {
    buildVsix();
    editor = await Editor.open();
  });
  afterAll(async () => {
    await editor?.screenshot('last');
    await editor?.close();
  });

  /** Until the call stack's top, the source's line and the status bar are these. */
  async function stands(frame: string, place: string, status: RegExp): Promise<void> {
    await expect
      .poll(() => editor.topFrame(), { timeout: 60_000 })
      .toMatchObject({ name: frame, place });
    await expect.poll(() => editor.statusText(), { timeout: 60_000 }).toMatch(status);
  }

  test('the demo recording begins where the guest crashes', async () => {
    await editor.command('Retrovisor: Try the Demo Recording');
    await stands('panic_exception', 'panic.c:80', /past · 99\.5 % · 15,956,943/);
    const labels = await editor.toolbar();
    for (const label of [
      ...['Continue', 'Step Over', 'Step Into', 'Step Out', 'Step Back', 'Reverse'],
      ...['Step Back Into', 'Step Back Out'],
    ]) {
      expect(labels.map((one) => one.replace(/ \(.*/, ''))).toContain(label);
    }
    expect(await editor.threadState()).toMatch(/kernel: panic, in the past/i);
    // As many as there is room for.
    await expect
      .poll(async () => (await editor.frames()).slice(0, 4), { timeout: 60_000 })
      .toEqual([
        ...['panic_exception', 'interrupt_dispatch', 'interrupt_entry', 'queue_pop [interrupted]'],
      ]);
    await editor.screenshot('crash');
  });

  test('back over the interrupt and a call to the line that crashed', async () => {
    await editor.press('Step Back Out');
    await stands('interrupt_dispatch', 'interrupts.c:118', /past/);
    await editor.press('Step Back Out');
    await stands('interrupt_entry', 'entry.S:82', /past/);
    await editor.press('Step Back Out');
    await stands('queue_pop', 'list.c:18', /past · 99\.5 % · 15,956,90\d/);
    expect(await editor.variable('node')).toMatch(/0xffff9000002e2e2e/);
    await editor.screenshot('cause');
  });

  test('a breakpoint in the source is hit, running back', async () => {
    await editor.goToLine(19);
    await editor.command('Debug: Toggle Breakpoint');
    await editor.press('Reverse');
    await stands('queue_pop', 'list.c:19', /past · 97\.\d %/);
    expect(await editor.threadState()).toMatch(/breakpoint list\.c:19/i);
    expect(await editor.variable('node')).toMatch(/0xffff9000/);
    await editor.screenshot('breakpoint');
    await editor.goToLine(19);
    await editor.command('Debug: Toggle Breakpoint');
  });

  test('back over a call, and on again', async () => {
    await editor.press('Step Back Out');
    await stands('job_take', 'jobs.c:25', /past/);
    await editor.press('Step Over');
    await expect.poll(() => editor.topName(), { timeout: 60_000 }).not.toMatch(/queue_pop/);
    await editor.press('Step Back');
    await stands('job_take', 'jobs.c:25', /past · 97\.\d %/);
    await editor.press('Step Into');
    await expect.poll(() => editor.topName(), { timeout: 60_000 }).toMatch(/queue_/);
  });

  test('back to the last write that a data breakpoint is on', async () => {
    await editor.command('Retrovisor: Go Back to the Last Write of an Expression');
    await editor.answer('job_queue.head');
    await stands('queue_pop', 'list.c:18', /past/);
    await editor.breakOnChange('queue', 'head');
    await editor.command('Retrovisor: Go to the End of the Recording');
    await expect.poll(() => editor.statusText(), { timeout: 60_000 }).toMatch(/end · 16,039,661/);
    // The panic's exception filter is met first.
    await editor.press('Reverse');
    await stands('panic_exception', 'panic.c:80', /past · 99\.5 %/);
    await editor.press('Reverse');
    await stands('queue_pop', 'list.c:18', /past · 97\.7 % · 15,664,793/);
    expect(await editor.threadState()).toMatch(/data breakpoint write to/i);
    await editor.screenshot('data-breakpoint');
  });

  test('who wrote that: the bug', async () => {
    await editor.command('Retrovisor: Go Back to the Last Write of an Expression');
    await editor.answer('node->next');
    await stands('format_entry', 'log.c:31', /past · 7\d\.\d %/);
    expect((await editor.frames()).slice(0, 3)).toEqual([
      'format_entry',
      'seal_entry',
      'writer_task',
    ]);
    await editor.screenshot('bug');
  });

  test('the timeline is scrubbed, and a line of the console clicked', async () => {
    const timeline = await editor.webview('.track');
    const track = timeline.locator('.track');
    await timeline.locator('button', { hasText: 'interrupts 330' }).waitFor();
    const box = (await track.boundingBox())!;
    await editor.page.mouse.click(box.x + box.width / 4, box.y + box.height / 2);
    await expect.poll(() => editor.statusText(), { timeout: 60_000 }).toMatch(/past · 2[45]\.\d %/);
    await expect
      .poll(() => timeline.locator('.share').textContent(), { timeout: 60_000 })
      .toMatch(/^2[45]\.\d\d % · in the past/);
    await track.press('+');
    await expect
      .poll(() => timeline.locator('.range').textContent(), { timeout: 60_000 })
      .toMatch(/ … /);
    await editor.screenshot('timeline');
    await timeline.locator('button', { hasText: 'Show all' }).click();
    const guest = await editor.webview('.past');
    await guest.locator('button', { hasText: 'task A: wrote log 8' }).first().click();
    await expect
      .poll(() => editor.statusText(), { timeout: 60_000 })
      .toMatch(/past · 11\.0 % · 1,7\d\d,\d\d\d/);
    await editor.screenshot('console');
  });

  test('a diversion is announced, and undone', async () => {
    await editor.replCommand('job_queue.length = 99');
    await expect.poll(() => editor.statusText(), { timeout: 60_000 }).toMatch(/diversion from/);
    await editor.screenshot('diversion');
    await editor.replCommand('undo');
    await expect.poll(() => editor.statusText(), { timeout: 60_000 }).toMatch(/past · 11\.0 %/);
  });
});

import { test } from 'vitest';
import { Editor } from '/wt/dap/tests/vscode/editor.ts';
test('x', async () => {
  const e = await Editor.open();
  try {
    await e.page.waitForTimeout(3000);
    await e.command('Retrovisor: Try the Demo Recording');
    await e.page.locator('.debug-toolbar').waitFor();
    await e.page.waitForTimeout(7000);
    await e.screenshot('x1');
    console.log(await e.page.locator('.debug-toolbar .action-label').evaluateAll(els => els.map(x => x.getAttribute('aria-label'))));
    console.log(await e.page.locator('.statusbar-item').evaluateAll(els => els.map(x => x.id + ' | ' + x.textContent)));
    console.log(await e.page.locator('iframe.webview').evaluateAll(els => els.map(x => x.getAttribute('src')?.slice(0, 300) + ' ' + x.className)));
    console.log(await e.page.locator('.pane-header h3').evaluateAll(els => els.map(x => x.textContent)));
  } finally { await e.screenshot('x2'); await e.close(); }
}, 200000);

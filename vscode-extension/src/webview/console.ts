/** The guest's console, all of it: what has been printed where the guest stands, and what is to come. */

import type { FromTimeline, ToConsole } from '../messages.ts';

declare function acquireVsCodeApi(): { postMessage(message: FromTimeline): void };

const api = acquireVsCodeApi();
const root = document.getElementById('root')!;

window.addEventListener('message', ({ data }: MessageEvent<ToConsole>) => {
  const { lines } = data;
  if (lines.length === 0) {
    show('The guest has printed nothing.');
    return;
  }
  const nodes: HTMLElement[] = [];
  const next = lines.findIndex(({ past }) => !past);
  for (const [i, { text, mark, past }] of lines.entries()) {
    if (i === next) nodes.push(separator());
    const line = document.createElement('button');
    line.textContent = text === '' ? ' ' : text;
    line.className = past ? 'past' : 'future';
    line.title = `Go to when this was printed: mark ${mark}`;
    line.addEventListener('click', () => api.postMessage({ kind: 'seek', mark }));
    nodes.push(line);
  }
  if (next < 0) nodes.push(separator());
  root.replaceChildren(...nodes);
  root.querySelector('.now')?.scrollIntoView({ block: 'center' });
});

function separator(): HTMLElement {
  const made = document.createElement('div');
  made.className = 'now';
  made.title = 'here the guest stands';
  return made;
}

function show(text: string): void {
  const made = document.createElement('div');
  made.className = 'empty';
  made.textContent = text;
  root.replaceChildren(made);
}

show('Start a Retrovisor session, and what the guest prints is here.');
api.postMessage({ kind: 'ready' });

/** The components: they place what the views made, and pass keys on. All else is elsewhere. */

import { Box, Text, useInput, useStdin } from 'ink';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { keyName } from './key-name.ts';
import { KeyQueue } from './keys.ts';
import { mouseReports } from './mouse.ts';
import type { Sheet } from './sheet.ts';
import type { Line } from './text.ts';
import type { Theme } from './theme.ts';
import type { Ui } from './ui.ts';
import { type Size, screenOf, screenParts } from './view/screen.ts';

interface AppProps {
  readonly ui: Ui;
  readonly size: Size;
  readonly theme: Theme;
  readonly sheet: Sheet;
  readonly onError: (error: unknown) => void;
  /** False where there is nobody to press keys. */
  readonly interactive: boolean;
}

export function App({ ui, size, theme, sheet, onError, interactive }: AppProps) {
  useSyncExternalStore(ui.subscribe, () => ui.version);
  const { top, body, bottom } = screenParts(ui, size, theme);
  sheet.clear();
  const signs = (lines: readonly Line[]): string =>
    lines.map((spans) => sheet.put(spans, theme)).join('\n');
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows}>
      {interactive && <Keys ui={ui} size={size} onError={onError} />}
      <Rows text={signs(top)} />
      <Box flexGrow={1}>
        {body.map((stack, column) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
          <Box key={column} flexDirection="column" width={stack[0]?.width ?? 0}>
            {stack.map(({ lines }, row) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a pane is its place
              <Rows key={row} text={signs(lines)} />
            ))}
          </Box>
        ))}
      </Box>
      <Rows text={signs(bottom)} />
    </Box>
  );
}

function Rows({ text }: { readonly text: string }) {
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Text wrap="truncate">{text}</Text>
    </Box>
  );
}

function Keys({ ui, size, onError }: Pick<AppProps, 'ui' | 'size' | 'onError'>) {
  const [queue] = useState(() => new KeyQueue());
  const { internal_eventEmitter: raw } = useStdin();
  useEffect(() => {
    // A guest that runs gets what was typed byte for byte, before anybody makes keys of it.
    const type = (input: string): void => {
      if (ui.running) ui.type(input);
    };
    raw.prependListener('input', type);
    return () => {
      raw.off('input', type);
    };
  }, [ui, raw]);
  useInput((input, key) => {
    if (ui.running) return;
    const reports = mouseReports(input);
    if (reports) {
      for (const report of reports) queue.point(ui, report, screenOf(ui, size)).catch(onError);
      return;
    }
    for (const name of keyName(input, key)) {
      queue.press(ui, name, screenOf(ui, size)).catch(onError);
    }
  });
  return null;
}

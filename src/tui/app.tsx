/** The components: they place what the views made, and pass keys on. All else is elsewhere. */

import { Box, Text, useStdin } from 'ink';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { keyNames } from './key-name.ts';
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
  const { internal_eventEmitter: events, setRawMode } = useStdin();
  useEffect(() => {
    setRawMode(true);
    return () => setRawMode(false);
  }, [setRawMode]);
  useEffect(() => {
    const take = (input: string): void => {
      const screen = () => screenOf(ui, size);
      const act = async (): Promise<void> => {
        // A guest that runs gets what was typed byte for byte.
        if (ui.running) return ui.type(input);
        const reports = mouseReports(input);
        if (reports) await Promise.all(reports.map((one) => queue.point(ui, one, screen)));
        else await Promise.all(keyNames(input).map((name) => queue.press(ui, name, screen)));
      };
      act().catch(onError);
    };
    events.on('input', take);
    return () => {
      events.off('input', take);
    };
  }, [ui, size, events, queue, onError]);
  return null;
}

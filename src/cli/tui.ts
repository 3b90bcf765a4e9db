/**
 * `retrovisor tui FILE`, or just `retrovisor FILE`: time travel in the terminal. React and Ink are
 * loaded here and nowhere else: they take longer to load than other commands to run.
 */

import { type Cli, finish } from './command.ts';
import { type ExitStatus, UsageError } from './errors.ts';
import { type Accel, accelOption } from './guest-options.ts';
import { type Output, wantsColor } from './output.ts';
import { openRecording, readingFromAsync } from './recording-file.ts';

interface TuiOptions {
  readonly at?: string;
  readonly symbols?: string;
  readonly ascii?: boolean;
  readonly mouse?: boolean;
  readonly accel: Accel;
}

/** Instructions between two looks at the keyboard: ten milliseconds or so. */
const SLICE = 2_000_000;
/** Read before the first picture; each takes some milliseconds. The rest comes while one looks. */
const CHUNKS_AHEAD = { first: 8, printed: 64 };

export function addTui(cli: Cli): void {
  const command = cli.program
    .command('tui')
    .description('time travel in the terminal')
    .argument('<recording>', 'a .retro file')
    .option('--at <MARK>', 'where to begin', 'start')
    .option('--symbols <FILE>', 'an ELF file or a System.map (default: the kernel recorded)')
    .option('--mouse', 'let the mouse select, scroll and seek (M does the same)')
    .option('--ascii', 'no line drawing (where the locale has no UTF-8, too)')
    .addOption(accelOption());
  const examples = [
    'retrovisor boot.retro',
    'retrovisor tui boot.retro --at end',
    `retrovisor tui boot.retro --at 'console:"login:"' --symbols System.map`,
    'retrovisor tui boot.retro --at 50% | less',
  ];
  finish(cli, command, examples, async ([path = ''], options: TuiOptions, output) => {
    if (output.json) {
      throw new UsageError("tui has no --json; 'retrovisor replay --to MARK --json' has");
    }
    const recording = await openRecording('tui', path);
    try {
      return await readingFromAsync(path, async () => {
        const { openTarget } = await import('./open-target.ts');
        const { guestNames } = await import('./guest-symbols.ts');
        const target = openTarget(recording, path, options.accel, { slice: SLICE });
        const names = guestNames({ command: 'tui', recording, path, symbols: options.symbols });
        const { placesOf } = await import('./places-thread.ts');
        const follow = placesOf({ ...options, path });
        return await showInterface({ target, names, follow, path, ...shownAs(options) }, output);
      });
    } finally {
      recording.close();
    }
  });
}

const shownAs = ({ at, ascii, mouse }: TuiOptions) => ({
  ...(at === undefined ? {} : { at }),
  ascii,
  mouse,
});

type Target = import('../tui/travel.ts').TuiTarget;

interface Shown {
  readonly target: Target;
  readonly names: import('../tui/ui.ts').NameSource;
  /** For filters on functions, where a whole recording can be replayed. */
  readonly follow?: import('../tui/places.ts').FollowPlaces;
  readonly path: string;
  readonly at?: string;
  readonly ascii?: boolean | undefined;
  readonly mouse?: boolean | undefined;
}

export async function showInterface(shown: Shown, output: Output): Promise<ExitStatus> {
  // React's development build is slower and talks.
  process.env['NODE_ENV'] ??= 'production';
  const { Ui } = await import('../tui/ui.ts');
  const { ACTIONS } = await import('../tui/actions.ts');
  const { printScreen, runTerminal } = await import('../tui/run.tsx');
  const { FramePlaces } = await import('../tui/places.ts');
  const { target, names, follow, path } = shown;
  const places = follow && new FramePlaces(follow);
  const ui = new Ui(target, { fileName: path.split('/').at(-1) ?? '', names, places });
  ui.mouse = shown.mouse ?? false;
  const at = target.resolve(shown.at ?? 'start');
  const theme = {
    color: wantsColor(process.stdout, output.options),
    unicode: shown.ascii !== true && speaksUtf8(process.env),
  };
  if (!onTerminal()) {
    await ui.goTo(at);
    await ui.findNames();
    ui.readAhead(CHUNKS_AHEAD.printed);
    const size = { columns: Number(process.env['COLUMNS']), rows: Number(process.env['LINES']) };
    output.line(printScreen(ui, size, { ...theme, bare: true }));
    return 0;
  }
  checkTerminal();
  await ui.refresh();
  ui.readAhead(CHUNKS_AHEAD.first);
  const arriving = target.live
    ? Promise.resolve(ACTIONS.resume(ui))
    : ui.goTo(at, 'going there', false).then(() => ui.say('? for help, : for commands, q to quit'));
  await runTerminal(ui, { input: process.stdin, output: process.stdout, theme });
  await arriving;
  places?.stop();
  return 0;
}

export const onTerminal = (): boolean => process.stdin.isTTY && process.stdout.isTTY;

export function checkTerminal(): void {
  if (process.env['TERM'] === 'dumb') {
    throw new UsageError("tui expects a terminal that can place its cursor; TERM is 'dumb'");
  }
}

/** As setlocale(3) decides what LC_CTYPE is; nothing set at all is taken for UTF-8. */
function speaksUtf8(env: NodeJS.ProcessEnv): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || 'C.UTF-8';
  return /utf-?8/i.test(locale);
}

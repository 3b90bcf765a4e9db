/**
 * Which panes are where, for a terminal's size. Small ones share: the place at the lower left shows
 * whichever of the others was asked for last. From 100x32 on there is room for five, from 180x45 on
 * for all.
 */

export const PANES = [
  'code',
  'registers',
  'memory',
  'console',
  'exits',
  'calls',
  'stops',
  'marks',
  'devices',
] as const;
export type PaneName = (typeof PANES)[number];

export interface PlacedPane {
  readonly name: PaneName;
  readonly width: number;
  readonly height: number;
}

/** Columns of panes from left to right, each from top to bottom. */
export type Layout = readonly (readonly PlacedPane[])[];

export const HEADER_ROWS = 1;
export const FOOTER_ROWS = 2;
const REGISTER_COLUMN = 26;
/** 16 bytes of memory. */
const RIGHT_COLUMN = 62;
const SMALL = { columns: 100, rows: 32 };
const LARGE = { columns: 180, rows: 45 };

/** Tall ones have a row for every kind of exit. */
const TALL_ROWS = 56;
export const timelineRows = (rows: number): number =>
  rows < SMALL.rows ? 4 : rows < TALL_ROWS ? 6 : 10;

export function layout(columns: number, rows: number, tab: PaneName): Layout {
  const height = Math.max(6, rows - HEADER_ROWS - FOOTER_ROWS - timelineRows(rows));
  if (columns >= LARGE.columns && rows >= LARGE.rows) return large(columns, height, tab);
  if (columns >= SMALL.columns && rows >= SMALL.rows) return medium(columns, height, tab);
  const right = columns >= 72 ? REGISTER_COLUMN : 0;
  const shared: PaneName = tab === 'code' || (right > 0 && tab === 'registers') ? 'exits' : tab;
  const left = stack(columns - right, height, [
    ['code', 0.55],
    [shared, 0.45],
  ]);
  return right > 0 ? [left, stack(right, height, [['registers', 1]])] : [left];
}

function medium(columns: number, height: number, tab: PaneName): Layout {
  const fixed: readonly PaneName[] = ['code', 'exits', 'registers', 'console'];
  const shared = fixed.includes(tab) ? 'memory' : tab;
  const right = Math.max(Math.min(RIGHT_COLUMN, columns - 48), Math.floor(columns * 0.45));
  return [
    stack(columns - right, height, [
      ['code', 0.55],
      ['exits', 0.45],
    ]),
    stackFirst(
      right,
      height,
      ['registers', 13],
      [
        [shared, 0.5],
        ['console', 0.5],
      ],
    ),
  ];
}

function large(columns: number, height: number, tab: PaneName): Layout {
  const fixed: readonly PaneName[] = ['code', 'exits', 'registers', 'memory', 'console', 'calls'];
  const shared = fixed.includes(tab) ? 'stops' : tab;
  const middle = 70;
  const right = Math.min(84, Math.floor((columns - middle) / 2));
  return [
    stack(columns - middle - right, height, [
      ['code', 0.5],
      ['exits', 0.5],
    ]),
    stackFirst(
      middle,
      height,
      ['registers', 13],
      [
        ['calls', 0.5],
        [shared, 0.5],
      ],
    ),
    stack(right, height, [
      ['memory', 0.5],
      ['console', 0.5],
    ]),
  ];
}

function stack(
  width: number,
  height: number,
  shares: readonly (readonly [PaneName, number])[],
): PlacedPane[] {
  let left = height;
  return shares.map(([name, share], i) => {
    const rows = i === shares.length - 1 ? left : Math.round(height * share);
    left -= rows;
    return { name, width, height: rows };
  });
}

function stackFirst(
  width: number,
  height: number,
  [name, rows]: readonly [PaneName, number],
  rest: readonly (readonly [PaneName, number])[],
): PlacedPane[] {
  return [{ name, width, height: rows }, ...stack(width, height - rows, rest)];
}

export const visiblePanes = (of: Layout): PaneName[] => of.flat().map(({ name }) => name);

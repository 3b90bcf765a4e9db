/** Numbers as people read them. `--json` never uses these: it carries raw values. */

/** 8_712_345_678 → "8,712,345,678". */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** "1 exit", "2 exits". */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** 8_712_345_678 → "8.71 G"; below 10,000 the number itself. */
export function short(n: number): string {
  if (n < 10_000) return count(n);
  let scaled = n;
  for (const unit of ['k', 'M', 'G', 'T', 'P']) {
    scaled /= 1000;
    if (scaled < 999.5 || unit === 'P') return `${digits3(scaled)} ${unit}`;
  }
  return String(n);
}

/** 3_400_000 → "3.24 MiB". */
export function bytes(n: number): string {
  if (n < 1024) return `${n} B`;
  let scaled = n;
  for (const unit of ['KiB', 'MiB', 'GiB', 'TiB']) {
    scaled /= 1024;
    if (scaled < 999.5 || unit === 'TiB') return `${digits3(scaled)} ${unit}`;
  }
  return `${n} B`;
}

/** 0.0123 → "12 ms", 75 → "1 min 15 s". */
export function duration(seconds: number): string {
  if (seconds < 0.0995) return `${digits3(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${digits3(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Millions of guest instructions a second, to one decimal. */
export function mips(icount: number, seconds: number): number {
  return seconds > 0 ? Math.round(icount / seconds / 1e5) / 10 : 0;
}

/** A share of 1 → "12.3 %". */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** 0x with as many digits as it takes, or at least `width`. */
export function hex(value: bigint | number, width = 1): string {
  return `0x${value.toString(16).padStart(width, '0')}`;
}

/** Three significant digits without an exponent. */
function digits3(n: number): string {
  if (n >= 100) return n.toFixed(0);
  if (n >= 10) return n.toFixed(1).replace(/\.0$/, '');
  return n.toFixed(2).replace(/\.?0+$/, '');
}

/** Rows as columns, two spaces apart; `right` names the columns that hold numbers. */
export function table(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        return right.includes(i) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

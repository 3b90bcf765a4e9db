/** Frames and variables of the demo guest, at random places in time, as gdb has them. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareWithGdb } from '../../scripts/gdb-agreement.ts';
import { TargetGuest } from '../../src/dap/guest.ts';
import { openProgram } from '../../src/symbols/open.ts';
import { DEMO_ELF, demoTarget } from '../rsp/demo.ts';
import { GDB } from '../rsp/gdb.ts';
import { SEED } from '../seed.ts';

if (!GDB) console.warn('agreement with gdb is not tested: there is no gdb here');

const MARKS = 25;

test.skipIf(!GDB)('our frames and variables are those of gdb', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-agree-'));
  const target = demoTarget();
  const program = openProgram({ files: [DEMO_ELF], cache: false });
  // Spread over all of it, elsewhere with another seed.
  const icounts = Array.from(
    { length: MARKS + 10 },
    (_, i) => 600_000 + ((i * 92_821 + SEED) % 2_400_000),
  );
  try {
    const found = await compareWithGdb({
      ...{ target, guest: new TargetGuest(target), program, folder, limit: 12, wanted: MARKS },
      load: [`symbol-file ${DEMO_ELF}`],
      icounts: icounts.sort((a, b) => a - b),
    });
    expect(found.differences).toEqual([]);
    expect(found.marks).toBe(MARKS);
    expect(found.frames).toBeGreaterThan(MARKS * 3);
    expect(found.values).toBeGreaterThan(MARKS * 3);
  } finally {
    program.close();
    rmSync(folder, { recursive: true });
  }
});

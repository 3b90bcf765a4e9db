/**
 * Programs in the manner of gdb's own gdb.reverse suite, as bare-metal guests from reset, with the real
 * gdb: after each command it has to stand at the line with that comment.
 */

import { describe, expect, test } from 'vitest';
import { GDB, gdb } from './gdb.ts';
import { elfOf, lineOf, reverseGuest } from './reverse-guests.ts';

if (!GDB) console.warn('\n*** gdb is not installed: the reverse programs are skipped ***\n');

/** A command ("@" and a comment is that line), the line it leads to, and what gdb says on the way. */
type Step = readonly [command: string, comment: string, said?: RegExp];

async function follow(guest: string, steps: readonly Step[]): Promise<void> {
  const line = (comment: string): string => `${guest}.c:${lineOf(guest, comment)}`;
  const commands = steps.flatMap(([command]) => [
    'echo \\n@@\\n',
    ...command
      .split('; ')
      .map((one) => one.replace(/@([A-Z0-9 ]*[A-Z0-9])/, (_, comment) => line(comment))),
    'echo \\n@frame\\n',
    'frame',
  ]);
  const output = (await gdb(reverseGuest(guest), elfOf(guest), commands)).join('\n');
  const parts = output.split('@@\n').slice(1);
  const came = steps.map(([command], i) => {
    const at = /@frame\n[^\n]* at \S*?([^/\s]+:\d+)\n/.exec(parts[i] ?? '')?.[1];
    return `${command} -> ${at}`;
  });
  expect(came, output).toEqual(steps.map(([command, comment]) => `${command} -> ${line(comment)}`));
  for (const [i, [, , said]] of steps.entries()) if (said) expect(parts[i]).toMatch(said);
}

describe.skipIf(!GDB)('as in gdb.reverse', () => {
  test('step', async () => {
    await follow('step', [
      ['tbreak main; continue', 'BREAK AT MAIN'],
      ['next', 'STEP TEST 1'],
      ['step', 'STEP TEST 2'],
      ['next 2', 'NEXT OVER THIS CALL'],
      ['next', 'STEP INTO THIS CALL'],
      ['step', 'ARRIVED IN CALLEE'],
      ['step', 'RETURN FROM CALLEE'],
      ['step', 'LARGE CALL'],
      ['step 2', 'INSIDE LARGE'],
      ['finish', 'NESTED CALL', /Value returned/],
      ['tbreak @BOTTOM if depth == 0; continue', 'BOTTOM'],
      ['backtrace', 'BOTTOM', /#3 .*depth=3.*#4 .*main/s],
      ['finish', 'NESTED RETURNS'],
    ]);
  });

  test('step, backwards', async () => {
    await follow('step', [
      ['tbreak @END OF MAIN; continue', 'END OF MAIN'],
      ['reverse-next', 'NESTED CALL'],
      ['reverse-next', 'LARGE CALL'],
      ['reverse-next', 'STEP INTO THIS CALL'],
      ['next', 'LARGE CALL'],
      ['reverse-step', 'RETURN FROM CALLEE'],
      ['reverse-step', 'ARRIVED IN CALLEE'],
      ['reverse-step', 'STEP INTO THIS CALL'],
      ['reverse-next', 'NEXT OVER THIS CALL'],
      ['reverse-step', 'STEP TEST 3'],
      ['reverse-step 2', 'STEP TEST 1'],
      ['next 4', 'STEP INTO THIS CALL'],
      ['print myglob', 'STEP INTO THIS CALL', /\$1 = 1/],
    ]);
  });

  test('step by instructions there and back', async () => {
    await follow('step', [
      ['tbreak main; continue', 'BREAK AT MAIN'],
      ['stepi 40; set $there = $pc', 'INSIDE LARGE'],
      ['reverse-stepi 40', 'BREAK AT MAIN'],
      ['stepi 40; print $pc == $there', 'INSIDE LARGE', /= 1/],
      ['reverse-nexti', 'INSIDE LARGE'],
    ]);
  });

  test('until and advance', async () => {
    await follow('until', [
      ['tbreak @THE LOOP; continue', 'THE LOOP'],
      ['next', 'IN THE LOOP'],
      ['next', 'THE LOOP'],
      ['until', 'AFTER THE LOOP'],
      ['print sum', 'AFTER THE LOOP', /= 10/],
      ['advance factorial', 'RECURSE'],
      ['finish', 'AFTER THE LOOP', /Value returned is \$\d+ = 120/],
      ['advance marker', 'MARKER'],
      ['until @END OF MAIN', 'CALL MARKER'],
      ['advance @END OF MAIN', 'END OF MAIN'],
    ]);
  });

  test('until and advance, backwards', async () => {
    await follow('until', [
      ['tbreak @END OF MAIN; continue', 'END OF MAIN'],
      ['set exec-direction reverse; advance marker', 'MARKER'],
      ['advance factorial', 'RECURSE', /n=1/],
      ['advance @IN THE LOOP', 'IN THE LOOP'],
      ['print sum', 'IN THE LOOP', /= 6/],
      ['until @BEFORE THE LOOP', 'BEFORE THE LOOP'],
    ]);
  });

  const KINDS = ['VOID', 'CHAR', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE'];

  test('finish', async () => {
    const values = [null, "97 'a'", '-2', '3', '-4000000000', '5.5', '-6.25'];
    await follow('finish', [
      ...KINDS.flatMap((kind, i): Step[] => [
        [`tbreak ${kind.toLowerCase()}_func; continue`, `${kind} FUNC`],
        values[i] === null
          ? ['finish', 'CALL CHAR']
          : ['finish', `CALL ${kind}`, new RegExp(`Value returned is \\$\\d+ = ${values[i]}\n`)],
      ]),
    ]);
  });

  test('finish, backwards', async () => {
    await follow('finish', [
      ['tbreak @END OF MAIN; continue', 'END OF MAIN'],
      ...KINDS.toReversed().flatMap((kind): Step[] => [
        [`tbreak ${kind.toLowerCase()}_func; reverse-continue`, `${kind} FUNC`],
        ['reverse-finish', `CALL ${kind}`],
      ]),
      ['print int_result + short_result', 'CALL VOID', /= 0/],
    ]);
  });

  test('breakpoints', async () => {
    await follow('break', [
      ['break main; break foo; break bar; break @END OF MAIN; continue', 'BREAK IN MAIN'],
      ['continue', 'IN FOO'],
      ['continue', 'IN BAR'],
      ['continue', 'IN BAR'],
      ['ignore 2 8; ignore 3 8; continue', 'IN FOO'],
      ['print calls; disable 2 3; continue', 'END OF MAIN', /= 100\n/],
      ['enable', 'END OF MAIN'],
      ['print calls', 'END OF MAIN', /= 122/],
      ['reverse-continue', 'IN BAR'],
      ['print calls', 'IN BAR', /= 121/],
      ['reverse-continue', 'IN FOO'],
      ['condition 2 calls == 12; delete 3; reverse-continue', 'IN FOO'],
      ['print calls', 'IN FOO', /= 12/],
      ['reverse-continue', 'BREAK IN MAIN'],
    ]);
  });

  test('consecutive breakpoints', async () => {
    await follow('consecutive', [
      ['tbreak @THREE SUMS; continue', 'THREE SUMS'],
      ['stepi; break *$pc; stepi; break *$pc; stepi; break *$pc; set $last = $pc', 'THREE SUMS'],
      ['reverse-continue; print $bpnum == 4 && $pc < $last', 'THREE SUMS', /Breakpoint 3.*= 1/s],
      ['reverse-continue', 'THREE SUMS', /Breakpoint 2/],
      ['continue', 'THREE SUMS', /Breakpoint 3/],
      ['continue; print $pc == $last', 'THREE SUMS', /Breakpoint 4.*= 1/s],
      ['reverse-stepi', 'THREE SUMS', /Breakpoint 3/],
    ]);
  });

  test('watchpoints', async () => {
    await follow('watch', [
      ['tbreak main; continue', 'SET IVAL1'],
      ['watch ival1; continue', 'SET IVAL2', /Old value = 0\nNew value = -1/],
      ['continue', 'LOOP IVAL2', /Old value = -1\nNew value = 0/],
      ['continue', 'LOOP IVAL2', /Old value = 0\nNew value = 1/],
      ['reverse-continue', 'LOOP IVAL1', /Old value = 1\nNew value = 0/],
      ['reverse-continue', 'LOOP IVAL1', /Old value = 0\nNew value = -1/],
      ['reverse-continue', 'SET IVAL1', /Old value = -1\nNew value = 0/],
      ['delete; watch buf[5]; continue', 'THE FILL', /Old value = 0\nNew value = 25/],
      ['delete; rwatch pair.b; continue', 'READ PAIR', /Value = 25/],
      ['delete; awatch ival3; continue', 'CALL LOCAL', /New value = 29/],
    ]);
  });

  test('next over a breakpoint', async () => {
    await follow('next', [
      ['tbreak main; continue', 'START OF MAIN'],
      ['next', 'FIRST CALL'],
      ['break inner; next', 'IN INNER', /Breakpoint 2/],
      ['finish', 'IN CALLEE'],
      ['finish', 'FIRST CALL'],
      ['next', 'SECOND CALL'],
      // The line is in two parts, before and after the call: gdb stops at each.
      ['reverse-next', 'FIRST CALL'],
      ['reverse-next', 'IN INNER', /Breakpoint 2/],
      ['reverse-finish', 'IN CALLEE'],
      ['reverse-finish', 'FIRST CALL'],
      ['reverse-next', 'FIRST CALL'],
      ['reverse-next', 'START OF MAIN'],
      ['disable 2; next 2', 'SECOND CALL'],
      ['reverse-next', 'FIRST CALL'],
    ]);
  });

  test('machine state', async () => {
    const state = (what: string, comment: string, value: string): Step => [
      `tbreak @${comment}; reverse-continue; print ${what}`,
      comment,
      new RegExp(`= ${value}\n`),
    ];
    await follow('machine', [
      ['tbreak @END OF MAIN; continue; print state', 'END OF MAIN', /adouble = 1.5/],
      ['print $rcx', 'END OF MAIN', /= 4660/],
      state('$rcx == 4660', 'FLAGS', '0'),
      state('state.adouble', 'STATE DOUBLE CHANGED', '0.5'),
      state('state.text[0]', 'STATE TEXT', "0 '.*'"),
      state('state.along', 'STATE LONG', '0'),
      state('module_global', 'MODULE GLOBAL CHANGED', '6'),
      state('module_global', 'MODULE GLOBAL', '0'),
      state('module_static', 'MODULE STATIC CHANGED', '5'),
      state('counted', 'STATIC CHANGED', '7'),
      state('local', 'AUTO CHANGED', '1'),
      ['next', 'REGISTER SET'],
      ['next; print kept', 'REGISTER CHANGED', /= 2/],
      ['next; print kept', 'AUTO RETURNS', /= 42/],
      ['reverse-next; print kept', 'REGISTER CHANGED', /= 2/],
    ]);
  });
});

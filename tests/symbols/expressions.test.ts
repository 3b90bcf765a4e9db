/** Expressions on the demo guest, stopped in the middle of its work: types, values, errors with their column. */

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { TargetGuest } from '../../src/dap/guest.ts';
import { openProgram } from '../../src/symbols/open.ts';
import {
  type EvaluationContext,
  ExpressionError,
  type Program,
} from '../../src/symbols/program.ts';
import { DEMO_ELF, demoTarget } from '../rsp/demo.ts';

let program: Program;
let context: EvaluationContext;

beforeAll(async () => {
  const target = demoTarget();
  await target.seekTo(target.resolve('2361845'));
  const guest = new TargetGuest(target);
  program = openProgram({ files: [DEMO_ELF], cache: false });
  context = { guest, frame: program.frames(guest)[0]! };
});

const show = (text: string): string => {
  const value = program.evaluate(text, context);
  return `${value.type}: ${value.format()}`;
};

test.each([
  ['1 + 2 * 3', 'int: 7'],
  ['(1 + 2) * 3', 'int: 9'],
  ['7 / 2', 'int: 3'],
  ['-7 / 2', 'int: -3'],
  ['-7 % 3', 'int: -1'],
  ['1 << 4 | 3', 'int: 19'],
  ['0x80000000', 'unsigned int: 2147483648'],
  ['2147483648', 'long: 2147483648'],
  ['0xffffffffffffffff', 'unsigned long: 18446744073709551615'],
  ['-1', 'int: -1'],
  ['-1 < 0u', 'int: 0'],
  ['(unsigned char)300', "unsigned char: 44 ','"],
  ['(u8)65', "u8: 65 'A'"],
  ['~0', 'int: -1'],
  ['!0', 'int: 1'],
  ["'a'", "char: 97 'a'"],
  ["'\\n'", "char: 10 '\\n'"],
  ['"text"', 'char [5]: "text"'],
  ['1.5 * 2', 'double: 3'],
  ['1 ? 2 : 1 / 0', 'int: 2'],
  ['0 && 1 / 0', 'int: 0'],
  ['1 || 1 / 0', 'int: 1'],
  ['(1, 2)', 'int: 2'],
  ['sizeof(int)', 'unsigned long: 4'],
  ['sizeof(struct job)', 'unsigned long: 40'],
  ['sizeof job_queue', 'unsigned long: 24'],
  ['sizeof(struct job *[3])', 'unsigned long: 24'],
  ['JOB_SORT', 'enum job_kind: JOB_SORT'],
  ['JOB_SORT + 1', 'int: 4'],
  ['(enum job_kind)2', 'enum job_kind: JOB_FIBONACCI'],
  ['(enum job_kind)77', 'enum job_kind: 77'],
  [
    'job_kind_name',
    'const char *(enum job_kind): {const char *(enum job_kind)} 0x102724 <job_kind_name>',
  ],
  ['&job_queue', 'struct list_queue *: 0x110250 <job_queue>'],
  ['(void *)0', 'void *: 0x0'],
  ['@icount', 'unsigned long: 2361845'],
  ['tasks[1].name', 'const char *: 0x104125 "worker"'],
  ['*tasks[1].name', "const char: 119 'w'"],
  ['tasks[0].name[2]', "const char: 105 'i'"],
  ['(tasks + 1)->id', 'u32: 1'],
  ['&tasks[2] - tasks', 'long: 2'],
  ['(long)&tasks[1] - (long)tasks == sizeof(struct task)', 'int: 1'],
  ['((struct task *)tasks)->id', 'u32: 0'],
  ['tasks[1].state', 'enum task_state: TASK_RUNNABLE'],
  ['tasks[1].state == TASK_RUNNABLE', 'int: 1'],
  ['job_submit::arguments[1]', 'const u32: 2000'],
  ["'scheduler.c'::tasks[1].id", 'u32: 1'],
  ['$rip == $pc', 'int: 1'],
  ['$eax == (unsigned)$rax', 'int: 1'],
  ['(u8)$al == ($rax & 0xff)', 'int: 1'],
  ['sizeof($xmm0)', 'unsigned long: 16'],
  ['(int[2])tasks', 'int [2]: {0, 2}'],
  ['*(u32 *)&tasks[1]@2', 'u32 [2]: {1, 1}'],
  ['$list(job_queue.head, struct job, link, next)[0].kind', 'enum job_kind: JOB_PRIMES'],
  ['$container_of(job_queue.head, struct job, link).id', 'u32: 12'],
  ['(u32 (*)[2])tasks', 'u32 (*)[2]: 0x10b3e0 <tasks>'],
])('%s', (text, expected) => {
  expect(show(text)).toBe(expected);
});

test.each([
  ['', 'expected an expression (column 1)'],
  ['1 +', 'expected an expression, got the end (column 4)'],
  ['(1', "expected ')', got the end (column 3)"],
  ['1 2', "expected an operator or the end, got '2' (column 3)"],
  ['nobody', "no variable, function or enumerator 'nobody' here (column 1)"],
  ['tasks[0].nothing', "'struct task' has no member 'nothing' (column 10)"],
  ['tasks[0].id.x', "expected a struct or union, got 'u32' (column 13)"],
  ['*1', "expected a pointer, got 'int' (column 1)"],
  ['*(void *)8', "'void *' points to nothing in particular: cast it first (column 1)"],
  ['1 / 0', 'division by zero (column 5)'],
  ['1 << 99', 'expected a shift by 0 to 31, got 99 (column 6)'],
  ['(struct nobody *)0', "expected a type 'struct nobody', the program has none (column 2)"],
  ['$nobody', "no register '$nobody' (column 1)"],
  ['$nobody(1)', "expected $list, $container_of, $per_cpu, got '$nobody' (column 1)"],
  ['@nobody', "expected @icount, got '@nobody', which is not known here (column 1)"],
  ['job_run(0)', "cannot call the guest's functions: looking changes nothing (column 8)"],
  ['0x', "expected a number, got '0x' (column 1)"],
  ['"open', 'expected a closing " (column 6)'],
  ['tasks # 1', "expected an expression, got '#' (column 7)"],
  ['&1', 'the value is not in memory and has no address (column 1)'],
  ['tasks + tasks', 'cannot add two pointers (column 7)'],
  ['*(int *)0x400000000000', '<unreadable at 0x400000000000>'],
])('%s is wrong', (text, expected) => {
  let said: string;
  try {
    said = program.evaluate(text, context).format();
  } catch (error) {
    expect(error).toBeInstanceOf(ExpressionError);
    said = (error as Error).message;
  }
  expect(said).toBe(expected);
});

test('a value is written where it is', () => {
  const edits = program.assign('tasks[1].state', 'TASK_WAITING', context);
  const at = program.evaluate('&tasks[1].state', context).integer;
  const value = program.evaluate('TASK_WAITING', context).integer;
  expect(edits).toEqual([{ kind: 'memory', at, bytes: Uint8Array.of(Number(value), 0, 0, 0) }]);
  const rax = context.guest.register('rax')!;
  expect(program.assign('$rax', '5', context)).toEqual([
    { kind: 'register', name: 'rax', value: 5n },
  ]);
  expect(rax).not.toBe(5n);
  expect(() => program.assign('1', '2', context)).toThrow('cannot be written to');
  expect(() => program.assign('tasks[1].id', '0x100000000', context)).toThrow('32 bits');
});

test('what can follow', () => {
  const texts = (text: string): string[] =>
    program.complete(text, context).map((completion) => completion.text);
  expect(texts('tasks[0].sta')).toEqual(['state', 'stack_base', 'stack_end']);
  expect(texts('job_queue.head->')).toEqual(['next']);
  expect(texts('1 + job_q')).toContain('job_queue');
  expect(texts('$ra')).toEqual(['rax']);
  expect(texts('@i')).toEqual(['icount']);
  expect(texts('(struct jo')).toContain('job');
  expect(texts('nobody.')).toEqual([]);
});

test('every value says what it is made of, and how to ask for it again', () => {
  for (const text of ['tasks', 'job_queue', 'tasks[1]', '&tasks[2]', 'idt', '*job_queue.head']) {
    const value = program.evaluate(text, context);
    for (const child of value.children(0, 20)) {
      expect(child.expression).toBeDefined();
      const again = program.evaluate(child.expression!, context);
      expect([child.expression, again.type, again.format()]).toEqual([
        child.expression,
        child.value.type,
        child.value.format(),
      ]);
    }
  }
});

describe('nonsense', () => {
  const WORDS = [
    ...[
      'tasks',
      'job_queue',
      'JOB_SORT',
      'struct',
      'task',
      'u32',
      'sizeof',
      '$rax',
      '$list',
      '@icount',
    ],
    ...[
      '(',
      ')',
      '[',
      ']',
      '.',
      '->',
      '*',
      '&',
      '+',
      '-',
      '/',
      '%',
      '<<',
      '==',
      '?',
      ':',
      ',',
      '@',
    ],
    ...[
      '0',
      '1',
      '0xffff',
      '1.5',
      "'a'",
      '"s"',
      ' ',
      '!',
      '~',
      '::',
      '&&',
      'id',
      'name',
      '\\',
      '\0',
    ],
  ];

  test('has a value or an error with a column', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }), (words) => {
        const text = words.join('');
        try {
          program.evaluate(text, context).format();
        } catch (error) {
          if (!(error instanceof ExpressionError)) throw error;
          expect(error.column).toBeGreaterThanOrEqual(1);
          expect(error.column).toBeLessThanOrEqual(text.length + 1);
        }
        program.complete(text, context, 5);
      }),
      { numRuns: 1500 },
    );
  });

  test('deep ones are refused, not run out of stack', () => {
    for (const text of [
      '('.repeat(2000),
      `${'*'.repeat(3000)}tasks`,
      '-'.repeat(2000),
      '!'.repeat(4000),
    ]) {
      expect(() => program.evaluate(text, context)).toThrow(ExpressionError);
    }
  });
});

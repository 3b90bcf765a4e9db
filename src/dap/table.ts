/** All requests. A missing one does not compile. */

import type { CustomTable, Table } from './handler.ts';
import { breakpointRequests } from './requests/breakpoints.ts';
import { consoleRequests } from './requests/console.ts';
import { dataBreakpointRequests } from './requests/data-breakpoints.ts';
import { disassembleRequests } from './requests/disassemble.ts';
import { exceptionRequests } from './requests/exceptions.ts';
import { executionRequests } from './requests/execution.ts';
import { exitRequests } from './requests/exits.ts';
import { gotoRequests } from './requests/goto.ts';
import { lifecycleRequests } from './requests/lifecycle.ts';
import { memoryRequests } from './requests/memory.ts';
import { sourceRequests } from './requests/sources.ts';
import { stackRequests } from './requests/stack.ts';
import { timeRequests } from './requests/time.ts';
import { variableRequests } from './requests/variables.ts';

export const TABLE: Table = {
  ...lifecycleRequests,
  ...breakpointRequests,
  ...dataBreakpointRequests,
  ...exceptionRequests,
  ...executionRequests,
  ...gotoRequests,
  ...stackRequests,
  ...variableRequests,
  ...memoryRequests,
  ...disassembleRequests,
  ...sourceRequests,
  ...consoleRequests,
};

export const CUSTOM: CustomTable = { ...timeRequests, ...exitRequests };

/**
 * Generated from @vscode/debugprotocol 1.68.0 by scripts/dap-protocol.mjs: every request a client
 * may send and every event, with the types of what they carry.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';

export interface Requests {
  cancel: { args: DebugProtocol.CancelRequest['arguments']; reply: undefined };
  initialize: { args: DebugProtocol.InitializeRequest['arguments']; reply: DebugProtocol.InitializeResponse['body'] };
  configurationDone: { args: DebugProtocol.ConfigurationDoneRequest['arguments']; reply: undefined };
  launch: { args: DebugProtocol.LaunchRequest['arguments']; reply: undefined };
  attach: { args: DebugProtocol.AttachRequest['arguments']; reply: undefined };
  restart: { args: DebugProtocol.RestartRequest['arguments']; reply: undefined };
  disconnect: { args: DebugProtocol.DisconnectRequest['arguments']; reply: undefined };
  terminate: { args: DebugProtocol.TerminateRequest['arguments']; reply: undefined };
  breakpointLocations: { args: DebugProtocol.BreakpointLocationsRequest['arguments']; reply: DebugProtocol.BreakpointLocationsResponse['body'] };
  setBreakpoints: { args: DebugProtocol.SetBreakpointsRequest['arguments']; reply: DebugProtocol.SetBreakpointsResponse['body'] };
  setFunctionBreakpoints: { args: DebugProtocol.SetFunctionBreakpointsRequest['arguments']; reply: DebugProtocol.SetFunctionBreakpointsResponse['body'] };
  setExceptionBreakpoints: { args: DebugProtocol.SetExceptionBreakpointsRequest['arguments']; reply: DebugProtocol.SetExceptionBreakpointsResponse['body'] };
  dataBreakpointInfo: { args: DebugProtocol.DataBreakpointInfoRequest['arguments']; reply: DebugProtocol.DataBreakpointInfoResponse['body'] };
  setDataBreakpoints: { args: DebugProtocol.SetDataBreakpointsRequest['arguments']; reply: DebugProtocol.SetDataBreakpointsResponse['body'] };
  setInstructionBreakpoints: { args: DebugProtocol.SetInstructionBreakpointsRequest['arguments']; reply: DebugProtocol.SetInstructionBreakpointsResponse['body'] };
  continue: { args: DebugProtocol.ContinueRequest['arguments']; reply: DebugProtocol.ContinueResponse['body'] };
  next: { args: DebugProtocol.NextRequest['arguments']; reply: undefined };
  stepIn: { args: DebugProtocol.StepInRequest['arguments']; reply: undefined };
  stepOut: { args: DebugProtocol.StepOutRequest['arguments']; reply: undefined };
  stepBack: { args: DebugProtocol.StepBackRequest['arguments']; reply: undefined };
  reverseContinue: { args: DebugProtocol.ReverseContinueRequest['arguments']; reply: undefined };
  restartFrame: { args: DebugProtocol.RestartFrameRequest['arguments']; reply: undefined };
  goto: { args: DebugProtocol.GotoRequest['arguments']; reply: undefined };
  pause: { args: DebugProtocol.PauseRequest['arguments']; reply: undefined };
  stackTrace: { args: DebugProtocol.StackTraceRequest['arguments']; reply: DebugProtocol.StackTraceResponse['body'] };
  scopes: { args: DebugProtocol.ScopesRequest['arguments']; reply: DebugProtocol.ScopesResponse['body'] };
  variables: { args: DebugProtocol.VariablesRequest['arguments']; reply: DebugProtocol.VariablesResponse['body'] };
  setVariable: { args: DebugProtocol.SetVariableRequest['arguments']; reply: DebugProtocol.SetVariableResponse['body'] };
  source: { args: DebugProtocol.SourceRequest['arguments']; reply: DebugProtocol.SourceResponse['body'] };
  threads: { args: undefined; reply: DebugProtocol.ThreadsResponse['body'] };
  terminateThreads: { args: DebugProtocol.TerminateThreadsRequest['arguments']; reply: undefined };
  modules: { args: DebugProtocol.ModulesRequest['arguments']; reply: DebugProtocol.ModulesResponse['body'] };
  loadedSources: { args: DebugProtocol.LoadedSourcesRequest['arguments']; reply: DebugProtocol.LoadedSourcesResponse['body'] };
  evaluate: { args: DebugProtocol.EvaluateRequest['arguments']; reply: DebugProtocol.EvaluateResponse['body'] };
  setExpression: { args: DebugProtocol.SetExpressionRequest['arguments']; reply: DebugProtocol.SetExpressionResponse['body'] };
  stepInTargets: { args: DebugProtocol.StepInTargetsRequest['arguments']; reply: DebugProtocol.StepInTargetsResponse['body'] };
  gotoTargets: { args: DebugProtocol.GotoTargetsRequest['arguments']; reply: DebugProtocol.GotoTargetsResponse['body'] };
  completions: { args: DebugProtocol.CompletionsRequest['arguments']; reply: DebugProtocol.CompletionsResponse['body'] };
  exceptionInfo: { args: DebugProtocol.ExceptionInfoRequest['arguments']; reply: DebugProtocol.ExceptionInfoResponse['body'] };
  readMemory: { args: DebugProtocol.ReadMemoryRequest['arguments']; reply: DebugProtocol.ReadMemoryResponse['body'] };
  writeMemory: { args: DebugProtocol.WriteMemoryRequest['arguments']; reply: DebugProtocol.WriteMemoryResponse['body'] };
  disassemble: { args: DebugProtocol.DisassembleRequest['arguments']; reply: DebugProtocol.DisassembleResponse['body'] };
  locations: { args: DebugProtocol.LocationsRequest['arguments']; reply: DebugProtocol.LocationsResponse['body'] };
}

export interface Events {
  initialized: DebugProtocol.InitializedEvent;
  stopped: DebugProtocol.StoppedEvent;
  continued: DebugProtocol.ContinuedEvent;
  exited: DebugProtocol.ExitedEvent;
  terminated: DebugProtocol.TerminatedEvent;
  thread: DebugProtocol.ThreadEvent;
  output: DebugProtocol.OutputEvent;
  breakpoint: DebugProtocol.BreakpointEvent;
  module: DebugProtocol.ModuleEvent;
  loadedSource: DebugProtocol.LoadedSourceEvent;
  process: DebugProtocol.ProcessEvent;
  capabilities: DebugProtocol.CapabilitiesEvent;
  progressStart: DebugProtocol.ProgressStartEvent;
  progressUpdate: DebugProtocol.ProgressUpdateEvent;
  progressEnd: DebugProtocol.ProgressEndEvent;
  invalidated: DebugProtocol.InvalidatedEvent;
  memory: DebugProtocol.MemoryEvent;
}

export const COMMANDS = [
  'cancel',
  'initialize',
  'configurationDone',
  'launch',
  'attach',
  'restart',
  'disconnect',
  'terminate',
  'breakpointLocations',
  'setBreakpoints',
  'setFunctionBreakpoints',
  'setExceptionBreakpoints',
  'dataBreakpointInfo',
  'setDataBreakpoints',
  'setInstructionBreakpoints',
  'continue',
  'next',
  'stepIn',
  'stepOut',
  'stepBack',
  'reverseContinue',
  'restartFrame',
  'goto',
  'pause',
  'stackTrace',
  'scopes',
  'variables',
  'setVariable',
  'source',
  'threads',
  'terminateThreads',
  'modules',
  'loadedSources',
  'evaluate',
  'setExpression',
  'stepInTargets',
  'gotoTargets',
  'completions',
  'exceptionInfo',
  'readMemory',
  'writeMemory',
  'disassemble',
  'locations',
] as const satisfies readonly (keyof Requests)[];

export const EVENTS = [
  'initialized',
  'stopped',
  'continued',
  'exited',
  'terminated',
  'thread',
  'output',
  'breakpoint',
  'module',
  'loadedSource',
  'process',
  'capabilities',
  'progressStart',
  'progressUpdate',
  'progressEnd',
  'invalidated',
  'memory',
] as const satisfies readonly (keyof Events)[];

/** What a request takes: the name of a shape, with a "?" where it may come without. */
export const TAKES: Readonly<Record<keyof Requests, string>> = {
  cancel: 'CancelArguments?',
  initialize: 'InitializeRequestArguments',
  configurationDone: 'ConfigurationDoneArguments?',
  launch: 'LaunchRequestArguments',
  attach: 'AttachRequestArguments',
  restart: 'RestartArguments?',
  disconnect: 'DisconnectArguments?',
  terminate: 'TerminateArguments?',
  breakpointLocations: 'BreakpointLocationsArguments?',
  setBreakpoints: 'SetBreakpointsArguments',
  setFunctionBreakpoints: 'SetFunctionBreakpointsArguments',
  setExceptionBreakpoints: 'SetExceptionBreakpointsArguments',
  dataBreakpointInfo: 'DataBreakpointInfoArguments',
  setDataBreakpoints: 'SetDataBreakpointsArguments',
  setInstructionBreakpoints: 'SetInstructionBreakpointsArguments',
  continue: 'ContinueArguments',
  next: 'NextArguments',
  stepIn: 'StepInArguments',
  stepOut: 'StepOutArguments',
  stepBack: 'StepBackArguments',
  reverseContinue: 'ReverseContinueArguments',
  restartFrame: 'RestartFrameArguments',
  goto: 'GotoArguments',
  pause: 'PauseArguments',
  stackTrace: 'StackTraceArguments',
  scopes: 'ScopesArguments',
  variables: 'VariablesArguments',
  setVariable: 'SetVariableArguments',
  source: 'SourceArguments',
  threads: '?',
  terminateThreads: 'TerminateThreadsArguments',
  modules: 'ModulesArguments',
  loadedSources: 'LoadedSourcesArguments?',
  evaluate: 'EvaluateArguments',
  setExpression: 'SetExpressionArguments',
  stepInTargets: 'StepInTargetsArguments',
  gotoTargets: 'GotoTargetsArguments',
  completions: 'CompletionsArguments',
  exceptionInfo: 'ExceptionInfoArguments',
  readMemory: 'ReadMemoryArguments',
  writeMemory: 'WriteMemoryArguments',
  disassemble: 'DisassembleArguments',
  locations: 'LocationsArguments',
};

/** Fields and their types: "number", "string[]?", a shape's name, "any". */
export const SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  LocationsArguments: { locationReference: 'number' },
  DisassembleArguments: { memoryReference: 'string', offset: 'number?', instructionOffset: 'number?', instructionCount: 'number', resolveSymbols: 'boolean?' },
  WriteMemoryArguments: { memoryReference: 'string', offset: 'number?', allowPartial: 'boolean?', data: 'string' },
  ReadMemoryArguments: { memoryReference: 'string', offset: 'number?', count: 'number' },
  ExceptionInfoArguments: { threadId: 'number' },
  CompletionsArguments: { frameId: 'number?', text: 'string', column: 'number', line: 'number?' },
  GotoTargetsArguments: { source: 'Source', line: 'number', column: 'number?' },
  Source: { name: 'string?', path: 'string?', sourceReference: 'number?', presentationHint: 'string?', origin: 'string?', sources: 'Source[]?', adapterData: 'any?', checksums: 'Checksum[]?' },
  Checksum: { algorithm: 'string', checksum: 'string' },
  StepInTargetsArguments: { frameId: 'number' },
  SetExpressionArguments: { expression: 'string', value: 'string', frameId: 'number?', format: 'ValueFormat?' },
  ValueFormat: { hex: 'boolean?' },
  EvaluateArguments: { expression: 'string', frameId: 'number?', line: 'number?', column: 'number?', source: 'Source?', context: 'string?', format: 'ValueFormat?' },
  LoadedSourcesArguments: {  },
  ModulesArguments: { startModule: 'number?', moduleCount: 'number?' },
  TerminateThreadsArguments: { threadIds: 'number[]?' },
  SourceArguments: { source: 'Source?', sourceReference: 'number' },
  SetVariableArguments: { variablesReference: 'number', name: 'string', value: 'string', format: 'ValueFormat?' },
  VariablesArguments: { variablesReference: 'number', filter: 'string?', start: 'number?', count: 'number?', format: 'ValueFormat?' },
  ScopesArguments: { frameId: 'number' },
  StackTraceArguments: { threadId: 'number', startFrame: 'number?', levels: 'number?', format: 'StackFrameFormat?' },
  StackFrameFormat: { parameters: 'boolean?', parameterTypes: 'boolean?', parameterNames: 'boolean?', parameterValues: 'boolean?', line: 'boolean?', module: 'boolean?', includeAll: 'boolean?' },
  PauseArguments: { threadId: 'number' },
  GotoArguments: { threadId: 'number', targetId: 'number' },
  RestartFrameArguments: { frameId: 'number' },
  ReverseContinueArguments: { threadId: 'number', singleThread: 'boolean?' },
  StepBackArguments: { threadId: 'number', singleThread: 'boolean?', granularity: 'string?' },
  StepOutArguments: { threadId: 'number', singleThread: 'boolean?', granularity: 'string?' },
  StepInArguments: { threadId: 'number', singleThread: 'boolean?', targetId: 'number?', granularity: 'string?' },
  NextArguments: { threadId: 'number', singleThread: 'boolean?', granularity: 'string?' },
  ContinueArguments: { threadId: 'number', singleThread: 'boolean?' },
  SetInstructionBreakpointsArguments: { breakpoints: 'InstructionBreakpoint[]' },
  InstructionBreakpoint: { instructionReference: 'string', offset: 'number?', condition: 'string?', hitCondition: 'string?', mode: 'string?' },
  SetDataBreakpointsArguments: { breakpoints: 'DataBreakpoint[]' },
  DataBreakpoint: { dataId: 'string', accessType: 'string?', condition: 'string?', hitCondition: 'string?' },
  DataBreakpointInfoArguments: { variablesReference: 'number?', name: 'string', frameId: 'number?', bytes: 'number?', asAddress: 'boolean?', mode: 'string?' },
  SetExceptionBreakpointsArguments: { filters: 'string[]', filterOptions: 'ExceptionFilterOptions[]?', exceptionOptions: 'ExceptionOptions[]?' },
  ExceptionOptions: { path: 'ExceptionPathSegment[]?', breakMode: 'string' },
  ExceptionPathSegment: { negate: 'boolean?', names: 'string[]' },
  ExceptionFilterOptions: { filterId: 'string', condition: 'string?', mode: 'string?' },
  SetFunctionBreakpointsArguments: { breakpoints: 'FunctionBreakpoint[]' },
  FunctionBreakpoint: { name: 'string', condition: 'string?', hitCondition: 'string?' },
  SetBreakpointsArguments: { source: 'Source', breakpoints: 'SourceBreakpoint[]?', lines: 'number[]?', sourceModified: 'boolean?' },
  SourceBreakpoint: { line: 'number', column: 'number?', condition: 'string?', hitCondition: 'string?', logMessage: 'string?', mode: 'string?' },
  BreakpointLocationsArguments: { source: 'Source', line: 'number', column: 'number?', endLine: 'number?', endColumn: 'number?' },
  TerminateArguments: { restart: 'boolean?' },
  DisconnectArguments: { restart: 'boolean?', terminateDebuggee: 'boolean?', suspendDebuggee: 'boolean?' },
  RestartArguments: { arguments: 'any?' },
  AttachRequestArguments: { __restart: 'any?' },
  LaunchRequestArguments: { noDebug: 'boolean?', __restart: 'any?' },
  ConfigurationDoneArguments: {  },
  InitializeRequestArguments: { clientID: 'string?', clientName: 'string?', adapterID: 'string', locale: 'string?', linesStartAt1: 'boolean?', columnsStartAt1: 'boolean?', pathFormat: 'string?', supportsVariableType: 'boolean?', supportsVariablePaging: 'boolean?', supportsRunInTerminalRequest: 'boolean?', supportsMemoryReferences: 'boolean?', supportsProgressReporting: 'boolean?', supportsInvalidatedEvent: 'boolean?', supportsMemoryEvent: 'boolean?', supportsArgsCanBeInterpretedByShell: 'boolean?', supportsStartDebuggingRequest: 'boolean?', supportsANSIStyling: 'boolean?' },
  CancelArguments: { requestId: 'number?', progressId: 'string?' },
};

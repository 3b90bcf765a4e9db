/** The beginning and the end: initialize, attach, launch, configurationDone, restart, disconnect. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { CUSTOM_SHAPES } from '../custom.ts';
import { ERROR, RequestError } from '../errors.ts';
import { EXCEPTION_FILTERS } from '../exception-filters.ts';
import type { Call, Family } from '../handler.ts';
import { type AttachArguments, type LaunchArguments, type Opened, OWN_SHAPES } from '../host.ts';
import { BREAKPOINT_MODES } from '../modes.ts';
import type { Plan } from '../moves.ts';
import type { Session } from '../session.ts';
import { mismatch } from '../shape.ts';

export const CAPABILITIES = {
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsEvaluateForHovers: true,
  exceptionBreakpointFilters: [...EXCEPTION_FILTERS],
  supportsStepBack: true,
  supportsSetVariable: true,
  supportsRestartFrame: true,
  supportsGotoTargetsRequest: true,
  supportsStepInTargetsRequest: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.', '>', '$', '@'],
  supportsModulesRequest: true,
  additionalModuleColumns: [
    { attributeName: 'buildId', label: 'Build ID', type: 'string' },
    { attributeName: 'slide', label: 'Moved by', type: 'string' },
  ],
  supportsRestartRequest: true,
  supportsExceptionOptions: false,
  supportsValueFormattingOptions: true,
  supportsExceptionInfoRequest: true,
  supportTerminateDebuggee: false,
  supportsDelayedStackTraceLoading: true,
  supportsLoadedSourcesRequest: true,
  supportsLogPoints: true,
  supportsTerminateThreadsRequest: false,
  supportsSetExpression: true,
  supportsTerminateRequest: true,
  supportsDataBreakpoints: true,
  supportsDataBreakpointBytes: true,
  supportsReadMemoryRequest: true,
  supportsWriteMemoryRequest: true,
  supportsDisassembleRequest: true,
  supportsCancelRequest: true,
  supportsBreakpointLocationsRequest: true,
  supportsClipboardContext: true,
  supportsSteppingGranularity: true,
  supportsInstructionBreakpoints: true,
  supportsExceptionFilterOptions: true,
  supportsSingleThreadExecutionRequests: false,
  supportsANSIStyling: true,
  breakpointModes: [...BREAKPOINT_MODES],
} as const satisfies DebugProtocol.Capabilities;

export const lifecycleRequests = {
  initialize: (session, args) => {
    if (session.client) throw new RequestError(ERROR.notExpected, 'initialize has come already');
    session.client = args;
    return { ...CAPABILITIES } as DebugProtocol.Capabilities;
  },

  attach: async (session, args, call) => {
    const own = checked<AttachArguments>('AttachArguments', args);
    await open(session, call, own, (control) => session.host.attach(own, control));
    return undefined;
  },

  launch: async (session, args, call) => {
    const own = checked<LaunchArguments>('LaunchArguments', args);
    await open(session, call, own, (control) => session.host.launch(own, control));
    return undefined;
  },

  configurationDone: (session, _args, call) => {
    if (!session.client) throw new RequestError(ERROR.notExpected, 'initialize comes first');
    if (session.configured) throw new RequestError(ERROR.notExpected, 'it was done already');
    session.configured = true;
    call.after(() => beginIfReady(session));
    return undefined;
  },

  restart: (session, _args, call) => {
    const { target } = session;
    refuseMoving(session);
    call.after(() => session.move('Back to the start', 'entry', (t) => t.seek(target.start)));
    return undefined;
  },

  terminate: async (session) => {
    await session.close();
    session.out.event('terminated');
    return undefined;
  },

  disconnect: async (session) => {
    await session.close();
    return undefined;
  },

  cancel: () => {
    throw new Error('cancel is answered by the connection');
  },
} satisfies Family<
  | 'initialize'
  | 'attach'
  | 'launch'
  | 'configurationDone'
  | 'restart'
  | 'terminate'
  | 'disconnect'
  | 'cancel'
>;

function checked<T>(shape: keyof typeof OWN_SHAPES, args: unknown): T {
  const wrong = mismatch(args, shape, shape === 'AttachArguments' ? 'attach' : 'launch', {
    ...OWN_SHAPES,
    ...CUSTOM_SHAPES,
  });
  if (wrong) throw new RequestError(ERROR.badArguments, wrong, true);
  const { symbols, sourceFileMap, slide } = args as Record<string, unknown>;
  if (slide !== undefined && !/^0x[0-9a-f]{1,16}$/i.test(String(slide))) {
    throw new RequestError(ERROR.badArguments, `slide: expected 0x…, got '${slide}'`, true);
  }
  const paths = symbols === undefined || typeof symbols === 'string' || isTexts(symbols);
  if (!paths)
    throw new RequestError(ERROR.badArguments, 'symbols: expected a path or a list', true);
  if (sourceFileMap !== undefined) {
    const map = typeof sourceFileMap === 'object' && sourceFileMap !== null;
    if (!map || !isTexts(Object.values(sourceFileMap as object))) {
      throw new RequestError(ERROR.badArguments, 'sourceFileMap: expected paths by path', true);
    }
  }
  return args as T;
}

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

async function open(
  session: Session,
  call: Call,
  args: AttachArguments | LaunchArguments,
  opening: (control: Parameters<typeof session.host.attach>[1]) => Promise<Opened>,
): Promise<void> {
  if (!session.client) throw new RequestError(ERROR.notExpected, 'initialize comes first');
  if (session.isOpen || session.ended) {
    throw new RequestError(ERROR.notExpected, 'this session has its guest already');
  }
  const title = 'recording' in args ? `Opening ${args.recording}` : `Starting ${args.kernel}`;
  const opened = await opening({
    progress: (share, what) => session.progress.move(what || title, share, false),
    cancelled: () => call.cancelled() || session.ended,
    note: (text) => session.note(text),
  }).finally(() => session.progress.move(title, 1, true));
  if (session.ended || call.cancelled()) {
    await opened.close();
    throw new RequestError(ERROR.cancelled, 'cancelled');
  }
  session.open(opened);
  session.begin = () => begin(session, args);
  call.after(() => {
    session.out.event('initialized');
    session.out.event('process', {
      name: opened.name,
      isLocalProcess: false,
      startMethod: 'recording' in args ? 'attach' : 'launch',
    });
    beginIfReady(session);
  });
}

/** Guest and configuration come in either order: some clients wait for the one, some for the other. */
function beginIfReady(session: Session): void {
  const { begin } = session;
  if (!session.configured || !session.isOpen || !begin) return;
  session.begin = undefined;
  begin();
}

function begin(session: Session, args: AttachArguments | LaunchArguments): void {
  const live = session.target.live !== undefined;
  const plan: Plan = async (travel) => {
    if (args.at !== undefined) {
      const there = await travel.seek(travel.target.resolve(args.at));
      if (there.kind !== 'arrived') return there;
    }
    session.console.begin();
    return args.stopOnEntry === true ? { kind: 'arrived', at: [] } : await travel.run('forward');
  };
  session.move(live ? 'Running' : 'To the first stop', 'entry', plan);
}

export function refuseMoving(session: Session): void {
  if (session.moving) throw new RequestError(ERROR.moving, 'the guest is moving: pause it first');
}

/** Threads, frames and scopes. Threads are the vCPU, and the tasks of the guest's kernel that wait. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Frame } from '../../symbols/program.ts';
import { ERROR, RequestError } from '../errors.ts';
import type { Family } from '../handler.ts';
import { hex } from '../references.ts';
import { registerContainers } from '../register-view.ts';
import type { Session } from '../session.ts';
import { type Standing, VCPU_THREAD } from '../standing.ts';
import { currentTask } from '../tasks.ts';
import { scopeContainer } from '../value-view.ts';

const LEVELS_MAX = 512;

export const stackRequests = {
  threads: (session) => {
    // Clients ask at any time: while the guest moves, the vCPU is all there is to tell of.
    const name = 'vCPU 0';
    if (!session.isOpen || session.moving) return { threads: [{ id: VCPU_THREAD, name }] };
    const { standing } = session;
    const running = currentTask(standing.program, standing.guest);
    return {
      threads: [
        { id: VCPU_THREAD, name: running === undefined ? name : `${name}: ${running}` },
        ...standing.tasks.map(({ id, name }) => ({ id, name })),
      ],
    };
  },

  terminateThreads: () => {
    throw new RequestError(ERROR.unsupported, 'the threads of a recording cannot be ended');
  },

  stackTrace: (session, { threadId, startFrame = 0, levels = 0, format }) => {
    const { standing } = session;
    standing.guestOf(threadId);
    const first = Math.max(0, Math.trunc(startFrame));
    const wanted = levels > 0 ? Math.min(Math.trunc(levels), LEVELS_MAX) : LEVELS_MAX;
    // One more than asked for tells whether there are more.
    const all = standing.frames(threadId, first + wanted + 1);
    const stackFrames = all
      .slice(first, first + wanted)
      .map((frame) => describeFrame(session, standing, threadId, frame, format));
    return { stackFrames, totalFrames: all.length };
  },

  scopes: (session, { frameId }) => {
    const { frame, guest, thread } = session.references.frame(frameId);
    const { standing } = session;
    const scopes: DebugProtocol.Scope[] = [];
    for (const scope of standing.program.scopes({ guest, frame })) {
      if (scope.kind === 'registers') continue;
      const container = scopeContainer(session, scope, { guest, frame });
      scopes.push({
        name: scope.name,
        variablesReference: session.references.containerId(container),
        expensive: scope.expensive,
        namedVariables: container.named,
        ...hintOf(scope.kind),
        ...(frame.place &&
          scope.kind !== 'statics' && {
            source: session.sources.describe(frame.place.file),
          }),
      });
    }
    for (const { name, container, expensive } of registerContainers(session, {
      ...{ frame, guest, running: thread === VCPU_THREAD },
    })) {
      scopes.push({
        ...{ name, expensive, namedVariables: container.named, presentationHint: 'registers' },
        variablesReference: session.references.containerId(container),
      });
    }
    return { scopes };
  },
} satisfies Family<'threads' | 'terminateThreads' | 'stackTrace' | 'scopes'>;

const hintOf = (kind: string) =>
  kind === 'arguments' || kind === 'locals' ? { presentationHint: kind } : {};

function describeFrame(
  session: Session,
  standing: Standing,
  thread: number,
  frame: Frame,
  format: DebugProtocol.StackFrameFormat | undefined,
): DebugProtocol.StackFrame {
  const { program } = standing;
  const { place, pc } = frame;
  const guest = standing.guestOf(thread);
  const id = session.references.frameId({ thread, frame, guest });
  const name = frame.function ?? program.nameOf(frame.lookup) ?? hex(pc);
  const module = program.images.find(({ ranges }) =>
    ranges.some(({ start, end }) => frame.lookup >= start && frame.lookup < end),
  );
  // What the vCPU is about to execute counts as interrupted as well; that goes without saying.
  const interrupted = frame.interrupted && frame.by !== 'registers';
  const suffix = `${frame.inlined ? ' [inlined]' : ''}${interrupted ? ' [interrupted]' : ''}`;
  const where = format?.line && place ? `:${place.line}` : '';
  const of = format?.module && module ? `${module.name}!` : '';
  return {
    ...{ id, name: `${of}${name}${where}${suffix}`, line: place?.line ?? 0 },
    column: place ? Math.max(1, place.column) : 0,
    ...(place && { source: session.sources.describe(place.file) }),
    instructionPointerReference: hex(pc),
    canRestart: program.functionsAt(frame.lookup).length > 0 && frame.cfa !== undefined,
    ...(module && { moduleId: module.path }),
    presentationHint: place || frame.index === 0 ? 'normal' : 'subtle',
  };
}

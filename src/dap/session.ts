/**
 * One client's session: the guest that it has opened, what it has set, and what it is told. Requests
 * are answered by the files in `requests/`, all of which work on this.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { EvaluationContext, Frame, Program } from '../symbols/program.ts';
import { SymbolError } from '../symbols/program.ts';
import { describeDivergence } from '../target/index.ts';
import { ConsoleOutput } from './console-output.ts';
import type { CustomEvents } from './custom.ts';
import { ERROR, RequestError, toRequestError } from './errors.ts';
import { ExceptionVectors } from './exception-vectors.ts';
import { History } from './history.ts';
import type { DapHost, DapTarget, Opened } from './host.ts';
import { describeImage } from './image-view.ts';
import { interpolated } from './log-message.ts';
import { type Arrival, Mover, type Plan } from './moves.ts';
import { type Judge, type LogBuffer, type Point, Points } from './points.ts';
import { positionOf } from './position.ts';
import { describePosition } from './position-text.ts';
import { Progress } from './progress.ts';
import type { Events } from './protocol.gen.ts';
import { Sources } from './sources.ts';
import { References, Standing, VCPU_THREAD } from './standing.ts';

/** How the session speaks to its client. */
export interface Outlet {
  event<K extends keyof Events>(name: K, body?: Events[K]['body']): void;
  custom<K extends keyof CustomEvents>(name: K, body: CustomEvents[K]): void;
}

/** What the client said it can do, in `initialize`. */
export type Client = Partial<DebugProtocol.InitializeRequestArguments>;

export class Session {
  readonly host: DapHost;
  readonly out: Outlet;
  readonly points = new Points();
  readonly references = new References();
  readonly progress: Progress;
  readonly history = new History();
  readonly sources = new Sources();
  client: Client | undefined;
  /** The last stop at an exception, for `exceptionInfo`. */
  exception: Point | undefined;
  /** `configurationDone` has come. */
  configured = false;
  /** Set by attach and launch: what the session does when it is configured. */
  begin: (() => void) | undefined;
  #opened: Opened | undefined;
  #mover: Mover | undefined;
  #standing: Standing | undefined;
  #console: ConsoleOutput | undefined;
  #vectors: ExceptionVectors | undefined;
  #images: ReadonlySet<string> = new Set();
  #ended = false;

  constructor(host: DapHost, out: Outlet) {
    this.host = host;
    this.out = out;
    this.progress = new Progress(out, () => this.client?.supportsProgressReporting === true);
  }

  get isOpen(): boolean {
    return this.#opened !== undefined;
  }
  get ended(): boolean {
    return this.#ended;
  }
  get moving(): boolean {
    return this.#mover?.moving === true;
  }
  get opened(): Opened {
    if (this.#opened) return this.#opened;
    throw new RequestError(
      ERROR.noGuest,
      this.#ended ? 'the session has ended' : 'there is no guest yet: attach or launch first',
    );
  }
  get target(): DapTarget {
    return this.opened.target;
  }
  get program(): Program {
    return this.opened.program;
  }
  get mover(): Mover {
    if (!this.#mover) throw new RequestError(ERROR.noGuest, 'there is no guest');
    return this.#mover;
  }
  get vectors(): ExceptionVectors {
    if (!this.#vectors) throw new RequestError(ERROR.noGuest, 'there is no guest');
    return this.#vectors;
  }
  get console(): ConsoleOutput {
    if (!this.#console) throw new RequestError(ERROR.noGuest, 'there is no guest');
    return this.#console;
  }

  /** The guest to look at; it must not be moving. */
  get standing(): Standing {
    const { target, program } = this.opened;
    if (this.moving) throw new RequestError(ERROR.moving, 'the guest is moving: pause it first');
    this.#standing ??= new Standing(target, program);
    return this.#standing;
  }

  open(opened: Opened): void {
    this.#opened = opened;
    this.#console = new ConsoleOutput(opened.target, this.out);
    this.#vectors = new ExceptionVectors(opened.target, opened.program);
    this.#mover = new Mover(opened.target, this.points, (logs) => this.#judge(logs), {
      progress: (title, share, done) => this.progress.move(title, share, done),
      note: (text) => this.note(text),
    });
    this.progress.onCancel = () => this.#mover?.interrupt();
    opened.program.locate(this.standing.guest);
    this.#announceImages();
  }

  /** Ends everything. What moves is given up first. */
  async close(): Promise<void> {
    this.#ended = true;
    const opened = this.#opened;
    this.#mover?.interrupt();
    await this.#mover?.idle;
    this.#opened = undefined;
    this.#mover = undefined;
    this.#standing = undefined;
    this.references.clear();
    this.points.clear();
    await opened?.close();
  }

  /** A line for the person, in the debug console. */
  note(text: string): void {
    this.out.event('output', { category: 'console', output: `${text}\n` });
  }

  /** Breakpoints have been set: a move under way heeds them from now on. */
  pointsChanged(): void {
    this.#mover?.changed();
  }

  /** Starts a move, of which the client hears when it has ended. */
  move(title: string, reason: string, plan: Plan): void {
    void this.moveAndWait(title, reason, plan).catch(() => {});
  }

  /** The same, resolving when the guest stands again. */
  async moveAndWait(title: string, reason: string, plan: Plan): Promise<Arrival | undefined> {
    const { mover, target } = this;
    const before = target.mark;
    const diverted = target.diversion !== undefined;
    const moved = mover.move(title, plan);
    this.#forget();
    try {
      const arrival = await moved;
      if (diverted && !target.diversion) this.note('The guest is back on its recording.');
      this.history.moved(before, target.mark, diverted);
      this.#report(arrival, reason);
      return arrival;
    } catch (error) {
      if (this.#ended) return undefined;
      const { message } = toRequestError(error);
      this.out.event('output', { category: 'stderr', output: `${title}: ${message}\n` });
      this.stopped('pause', message);
      return undefined;
    }
  }

  /** Writes to the guest. The first time it leaves the recording, which is announced. */
  edit(write: () => void): void {
    const { target } = this;
    if (this.moving) throw new RequestError(ERROR.moving, 'the guest is moving: pause it first');
    const before = target.diversion !== undefined;
    write();
    if (!before && target.diversion) {
      const output =
        'This starts a diversion: the guest leaves its recording, and runs on without its devices. ' +
        '"undo", a seek or a step back ends it; the recording stays as it is.\n';
      this.out.event('output', { category: 'important', output });
    }
    this.changedInPlace();
  }

  /** Registers, memory or types are not what they were, though the guest has not moved. */
  changedInPlace(): void {
    this.#forget();
    this.out.event('invalidated', { areas: ['all'] });
    this.announcePosition();
  }

  #forget(): void {
    this.#standing = undefined;
    this.references.clear();
  }

  #report(arrival: Arrival, reason: string): void {
    if (this.#ended) return;
    const { target } = this;
    const renewed = this.opened.refresh();
    if (renewed) this.#forget();
    if (this.program.locate(this.standing.guest) || renewed) {
      this.#forget();
      this.#announceImages();
    }
    this.console.passed(target.mark);
    switch (arrival.kind) {
      case 'points':
        this.#reportPoints(arrival.points);
        break;
      case 'arrived':
        this.stopped(reason);
        break;
      case 'start':
        if (target.diversion) {
          this.note('a diversion cannot be reversed; "undo" leads back to the recording');
        }
        this.stopped(reason);
        break;
      case 'end':
        this.stopped('pause', this.#endText());
        break;
      case 'cancelled':
        this.stopped('pause');
        break;
      case 'divergence': {
        const text = describeDivergence(arrival.divergence);
        this.out.event('output', {
          category: 'important',
          output: `${text}
`,
        });
        this.stopped('exception', 'divergence', text);
      }
    }
  }

  /** Images of the program have come, gone or moved: breakpoints are looked up anew by the client. */
  #announceImages(): void {
    const { images } = this.program;
    const paths = new Set(images.map(({ path }) => path));
    for (const path of this.#images) {
      if (!paths.has(path))
        this.out.event('module', { reason: 'removed', module: { id: path, name: path } });
    }
    for (const image of images) {
      const reason = this.#images.has(image.path) ? 'changed' : 'new';
      this.out.event('module', { reason, module: describeImage(image) });
    }
    this.#images = paths;
  }

  #endText(): string | undefined {
    const { live, diversion } = this.target;
    if (diversion) return 'the diversion can go no further';
    if (live?.ended) return `the guest has ended: ${live.ended}`;
    return undefined;
  }

  #reportPoints(points: readonly Point[]): void {
    const exception = points.find(({ kind }) => kind === 'exception');
    const first = exception ?? points[0]!;
    this.exception = exception;
    const labels = points.map(({ label }) => label).join(', ');
    const title = exception
      ? labels
      : `${first.kind[0]!.toUpperCase()}${first.kind.slice(1)} ${labels}`;
    this.stopped(first.kind, title, exception ? labels : undefined, points);
  }

  /** `what` is for people; where in time is added. */
  stopped(reason: string, what?: string, text?: string, points: readonly Point[] = []): void {
    if (reason !== 'exception') this.exception = undefined;
    const position = positionOf(this.target);
    const place = describePosition(position);
    const title = what ?? TITLES[reason] ?? reason;
    this.out.event('stopped', {
      reason,
      description:
        what === undefined && reason === 'goto' ? capital(place) : `${capital(title)}, ${place}`,
      threadId: VCPU_THREAD,
      allThreadsStopped: true,
      ...(text !== undefined && { text }),
      ...(points.length > 0 && { hitBreakpointIds: points.map(({ id }) => id) }),
    });
    this.announcePosition();
  }

  announcePosition(): void {
    this.out.custom('retrovisor/position', positionOf(this.target));
  }

  /** Where an expression of the client's is read. */
  context(frameId: number | undefined): EvaluationContext {
    const { standing } = this;
    if (frameId === undefined) {
      const frame = standing.top;
      return { guest: standing.guest, ...(frame && { frame }) };
    }
    const { frame, guest } = this.references.frame(frameId);
    return { guest, frame };
  }

  #judge(logs: LogBuffer): Judge {
    const { target } = this.opened;
    const { program } = this;
    const complained = new Set<number>();
    const here = () => {
      const { guest } = new Standing(target, program);
      const frame: Frame | undefined = program.frames(guest, 1)[0];
      return { guest, ...(frame && { frame }) };
    };
    return {
      holds: (point) => {
        try {
          const value = program.evaluate(point.condition ?? '', here());
          if (value.integer === undefined) throw new SymbolError(`it is ${value.format()}`);
          return value.integer !== 0n;
        } catch (error) {
          if (!(error instanceof SymbolError)) throw error;
          if (!complained.has(point.id)) {
            complained.add(point.id);
            const output = `${point.label}: condition '${point.condition}': ${error.message}\n`;
            this.out.event('output', { category: 'stderr', output });
          }
          return false;
        }
      },
      log: (point) => {
        const { mark } = target;
        const text = interpolated(point.log ?? '', program, here());
        logs.add(`${point.id} ${mark.icount} ${mark.step} ${mark.landing?.count ?? 0}`, mark, () =>
          this.console.logged(text, mark),
        );
      },
    };
  }
}

const capital = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`;

const TITLES: Readonly<Record<string, string>> = {
  entry: 'stopped on entry',
  step: 'stepped',
  goto: 'went there',
  pause: 'paused',
  restart: 'restarted',
};

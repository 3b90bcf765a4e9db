/**
 * The 8042 keyboard controller of a PC/AT and PS/2: one output buffer, a command byte, the output
 * port with the A20 gate and the reset line.
 *
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller". The
 * keyboard is a chip of its own; nothing is plugged into the auxiliary port, and the controller says
 * so (byte FE with the time-out bit) when a command is sent there. The A20 gate is kept and reads
 * back, for code that toggles it and tests the bit, but the vCPU has no A20 mask: nothing since the
 * 386 runs with A20 low.
 */

import { type Bits, bits, has, withBits } from './bits.ts';
import { BREAK_PREFIX, toSet1 } from './scancodes.ts';
import { copy, flag, list, optional, type Shape, u8, validate } from './shape.ts';
import { type DeviceState, ok, type Result } from './state.ts';

export interface I8042State extends DeviceState {
  readonly kind: 'i8042';
  readonly version: 1;
  /** The 32 bytes of the controller's memory; byte 0 is the command byte. */
  ram: number[];
  /** The output buffer and the status bits that belong to it; null when empty. */
  output: number | null;
  outputIsAux: boolean;
  outputTimedOut: boolean;
  /** The controller's own answers that wait for the output buffer. */
  answers: number[];
  /** The last write was to port 0x64. */
  lastWasCommand: boolean;
  /** The command whose data byte is expected at port 0x60. */
  awaiting: number | null;
  outputPort: number;
  /** A release prefix was swallowed by the translation. */
  breakPending: boolean;
}

const IDENTITY = { kind: 'i8042', version: 1 } as const;
const SHAPE: Shape<I8042State> = {
  ram: list({ exactly: 32 }, u8),
  output: optional(u8),
  outputIsAux: flag,
  outputTimedOut: flag,
  answers: list({ atMost: 16 }, u8),
  lastWasCommand: flag,
  awaiting: optional(u8),
  outputPort: u8,
  breakPending: flag,
};

export const Status = bits('STATUS', {
  OBF: 0x01,
  SYS: 0x04,
  A2: 0x08,
  INHIBIT_OFF: 0x10,
  AUX_OBF: 0x20,
  TIMEOUT: 0x40,
});
export const CommandByte = bits('COMMAND', {
  KEYBOARD_INTERRUPT: 0x01,
  AUX_INTERRUPT: 0x02,
  SYS: 0x04,
  KEYBOARD_OFF: 0x10,
  AUX_OFF: 0x20,
  XLATE: 0x40,
});
export const OutputPort = bits('P2', { NOT_RESET: 0x01, A20: 0x02, OBF: 0x10, AUX_OBF: 0x20 });

const AUX_NO_DEVICE = 0xfe;
/** Input port: keyboard not locked, nothing else wired. */
const INPUT_PORT = 0x80;

/** What the guest makes the controller do to the rest of the machine. */
export interface I8042Outputs {
  toKeyboard(byte: number): void;
  reset(): void;
}

export class I8042 {
  readonly #outputs: I8042Outputs;
  #s: I8042State;

  constructor(outputs: I8042Outputs) {
    this.#outputs = outputs;
    const ram = new Array<number>(32).fill(0);
    // As firmware leaves it: self-test passed, keyboard on with interrupt and translation.
    ram[0] =
      CommandByte.KEYBOARD_INTERRUPT | CommandByte.SYS | CommandByte.AUX_OFF | CommandByte.XLATE;
    this.#s = {
      ...IDENTITY,
      ram,
      output: null,
      outputIsAux: false,
      outputTimedOut: false,
      answers: [],
      lastWasCommand: false,
      awaiting: null,
      outputPort: OutputPort.NOT_RESET | OutputPort.A20,
      breakPending: false,
    };
  }

  /** IRQ1 and IRQ12: the output buffer is full with the keyboard's or the auxiliary device's. */
  get keyboardIrq(): boolean {
    const s = this.#s;
    return (
      s.output !== null && !s.outputIsAux && has(this.#command, CommandByte.KEYBOARD_INTERRUPT)
    );
  }

  get auxIrq(): boolean {
    const s = this.#s;
    return s.output !== null && s.outputIsAux && has(this.#command, CommandByte.AUX_INTERRUPT);
  }

  /** Room for a byte from the keyboard: buffer empty, interface on, no answer ahead of it. */
  get takesKeyboard(): boolean {
    const s = this.#s;
    return (
      s.output === null && s.answers.length === 0 && !has(this.#command, CommandByte.KEYBOARD_OFF)
    );
  }

  /** A byte arrives from the keyboard; only if `takesKeyboard`. */
  fromKeyboard(byte: number): void {
    const s = this.#s;
    if (!has(this.#command, CommandByte.XLATE)) {
      this.#fill(byte);
    } else if (byte === BREAK_PREFIX) {
      s.breakPending = true;
    } else {
      this.#fill(toSet1(byte) | (s.breakPending ? 0x80 : 0));
      s.breakPending = false;
    }
  }

  /** Moves the next answer into the empty output buffer. */
  settle(): void {
    const s = this.#s;
    if (s.output !== null) return;
    const answer = s.answers.shift();
    if (answer !== undefined) this.#fill(answer);
  }

  /** Port 0x60. */
  readData(): number {
    const s = this.#s;
    // An empty buffer reads as whatever it held; ours holds nothing then.
    const byte = s.output ?? 0;
    s.output = null;
    s.outputIsAux = false;
    s.outputTimedOut = false;
    return byte;
  }

  /** Port 0x64. IBF is never seen: the controller is done before the guest can look. */
  readStatus(): number {
    const s = this.#s;
    return (
      Status.INHIBIT_OFF |
      (has(this.#command, CommandByte.SYS) ? Status.SYS : 0) |
      (s.output !== null ? Status.OBF : 0) |
      (s.output !== null && s.outputIsAux ? Status.AUX_OBF : 0) |
      (s.outputTimedOut ? Status.TIMEOUT : 0) |
      (s.lastWasCommand ? Status.A2 : 0)
    );
  }

  /** Port 0x60. */
  writeData(byte: number): void {
    const s = this.#s;
    s.lastWasCommand = false;
    const command = s.awaiting;
    s.awaiting = null;
    if (command === null) {
      // Sending to the keyboard also turns its interface on.
      this.#setCommand(withBits(this.#command, CommandByte.KEYBOARD_OFF, false));
      this.#outputs.toKeyboard(byte);
    } else if (command >= 0x60 && command < 0x80) {
      s.ram[command & 0x1f] = byte;
    } else if (command === 0xd1) {
      this.#writeOutputPort(byte);
    } else if (command === 0xd2) {
      this.#fill(byte);
    } else if (command === 0xd3) {
      this.#fillAux(byte, false);
    } else {
      this.#fillAux(AUX_NO_DEVICE, true); // 0xD4
    }
  }

  /** Port 0x64. */
  writeCommand(command: number): void {
    const s = this.#s;
    s.lastWasCommand = true;
    s.awaiting = null;
    if (command >= 0x20 && command < 0x40) {
      this.#answer(s.ram[command & 0x1f]!);
      return;
    }
    if (command >= 0x60 && command < 0x80) {
      this.#expectData(command);
      return;
    }
    if (command >= 0xf0) {
      this.#pulse(command & 0x0f);
      return;
    }
    switch (command) {
      case 0xa7:
      case 0xa8:
        this.#setCommand(withBits(this.#command, CommandByte.AUX_OFF, command === 0xa7));
        return;
      case 0xa9: // Test of the auxiliary interface: no error.
      case 0xab: // Test of the keyboard interface: no error.
        this.#answer(0x00);
        return;
      case 0xaa: // Self-test: turns both interfaces off, and passes.
        this.#setCommand(CommandByte.SYS);
        this.#setCommand(withBits(this.#command, CommandByte.KEYBOARD_OFF, true));
        this.#setCommand(withBits(this.#command, CommandByte.AUX_OFF, true));
        this.#answer(0x55);
        return;
      case 0xad:
      case 0xae:
        this.#setCommand(withBits(this.#command, CommandByte.KEYBOARD_OFF, command === 0xad));
        return;
      case 0xc0:
        this.#answer(INPUT_PORT);
        return;
      case 0xd0:
        this.#answer(this.#readOutputPort());
        return;
      case 0xd1:
      case 0xd2:
      case 0xd3:
      case 0xd4:
        this.#expectData(command);
        return;
      case 0xe0: // Test inputs: both clock lines high.
        this.#answer(0x03);
        return;
      default: // Not a command: ignored.
    }
  }

  /** Port 0x92 drives the same A20 line. */
  setA20(level: boolean): void {
    this.#s.outputPort = withBits(this.#s.outputPort as Bits<'P2'>, OutputPort.A20, level);
  }

  get a20(): boolean {
    return has(this.#s.outputPort as Bits<'P2'>, OutputPort.A20);
  }

  save(): I8042State {
    return copy(this.#s);
  }

  load(state: DeviceState): Result<void> {
    const result = validate<I8042State>(state, IDENTITY, SHAPE);
    if (!result.ok) return result;
    this.#s = result.value;
    return ok(undefined);
  }

  get #command(): Bits<'COMMAND'> {
    return this.#s.ram[0] as Bits<'COMMAND'>;
  }

  #setCommand(value: Bits<'COMMAND'>): void {
    this.#s.ram[0] = value;
  }

  #expectData(command: number): void {
    this.#s.awaiting = command;
  }

  #answer(byte: number): void {
    // A guest that asks 16 times without reading loses the rest, as it would its own answers.
    if (this.#s.answers.length < 16) this.#s.answers.push(byte);
  }

  #fill(byte: number): void {
    const s = this.#s;
    s.output = byte;
    s.outputIsAux = false;
    s.outputTimedOut = false;
  }

  #fillAux(byte: number, timedOut: boolean): void {
    const s = this.#s;
    s.output = byte;
    s.outputIsAux = true;
    s.outputTimedOut = timedOut;
  }

  #readOutputPort(): number {
    const s = this.#s;
    const full = s.output !== null;
    return (
      s.outputPort |
      (full && !s.outputIsAux ? OutputPort.OBF : 0) |
      (full && s.outputIsAux ? OutputPort.AUX_OBF : 0)
    );
  }

  #writeOutputPort(byte: number): void {
    const s = this.#s;
    s.outputPort = byte & ~(OutputPort.OBF | OutputPort.AUX_OBF);
    if (!has(s.outputPort as Bits<'P2'>, OutputPort.NOT_RESET)) this.#outputs.reset();
  }

  /** Pulses those of output bits 0..3 low that are 0 in the command. Bit 0 is the CPU's reset. */
  #pulse(lines: number): void {
    if ((lines & OutputPort.NOT_RESET) === 0) this.#outputs.reset();
  }
}

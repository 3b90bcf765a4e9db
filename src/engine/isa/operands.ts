/**
 * Operands in the opcode-map letters of SDM Vol. 2D §A.2.1, and what an instruction's variant makes
 * of them.
 */

import type { Form } from '../decode/record.ts';
import * as L from '../vcpu/layout.ts';

/** An operand of one variant. `field` is the record's register field that names the register. */
export type Operand =
  | { readonly kind: 'reg'; readonly bytes: number; readonly field: number }
  | { readonly kind: 'fixed'; readonly bytes: number; readonly offset: number }
  /** `absolute`: its offset is the immediate (MOV to and from AL with a moffs). */
  | { readonly kind: 'mem'; readonly bytes: number; readonly absolute?: true }
  | { readonly kind: 'imm'; readonly bytes: number }
  | { readonly kind: 'one'; readonly bytes: number }
  | { readonly kind: 'xmm'; readonly bytes: number; readonly field: number }
  | { readonly kind: 'mmx'; readonly bytes: number; readonly field: number }
  /** Segment, control or debug register number, far pointer, relative target: microcode's business. */
  | { readonly kind: 'other'; readonly bytes: number };

/** How the decoder finds an operand. */
export interface OperandSpec {
  readonly text: string;
  /** The addressing letter, or `fixed`. */
  readonly letter: string;
  /** The size letters after it. */
  readonly width: string;
}

const FIXED: Record<string, { offset: number; width: string }> = {
  AL: { offset: L.RAX, width: 'b' },
  CL: { offset: L.RCX, width: 'b' },
  AX: { offset: L.RAX, width: 'w' },
  DX: { offset: L.RDX, width: 'w' },
  rAX: { offset: L.RAX, width: 'v' },
};

/**
 * E  ModRM.rm, register or memory      G  ModRM.reg, general register
 * M  ModRM.rm, memory only             R  ModRM.rm, register only
 * V  ModRM.reg, XMM                    W  ModRM.rm, XMM or memory       U  ModRM.rm, XMM only
 * P  ModRM.reg, MMX                    Q  ModRM.rm, MMX or memory       N  ModRM.rm, MMX only
 * Z  opcode bits 0..2, general register                     B  VEX.vvvv, general register
 * T  ModRM.rm, ST(i) only: the record's field has 16 * i
 * I  immediate     J  relative target     O  memory at an absolute offset     A  far pointer
 * S  segment register   C  control register   D  debug register
 * X  DS:rSI     Y  ES:rDI        1  the constant one
 */
export const ADDRESSING = 'EGMRVWUPQNTZBIJOASCDXY';

export function parseOperands(ops: string): OperandSpec[] {
  if (!ops) return [];
  return ops.split(',').map((text) => {
    if (text === '1') return { text, letter: '1', width: 'b' };
    if (FIXED[text]) return { text, letter: 'fixed', width: FIXED[text].width };
    const letter = text[0]!;
    if (!ADDRESSING.includes(letter)) throw new Error(`operands: unknown operand ${text}`);
    return { text, letter, width: text.slice(1) };
  });
}

/**
 * Bytes of a size letter: b w d q dq are fixed; v is the operand size, z it but at most 4 (an
 * immediate), y it but at least 4; bs is an immediate byte sign-extended to the operand size.
 */
export function widthBytes(width: string, size: number): number {
  switch (width) {
    case 'b':
      return 1;
    case 'w':
      return 2;
    case 'd':
      return 4;
    case 'q':
      return 8;
    case 'dq':
      return 16;
    case 'v':
    case 'bs':
    case 'z':
      return size;
    case 'y':
      return size === 8 ? 8 : 4;
    /** Far pointer in memory, descriptor-table pointer, BOUND pair, state image: microcode reads it. */
    case 'p':
    case 's':
    case 'a':
    case '':
      return 0;
    default:
      throw new Error(`operands: unknown size ${width}`);
  }
}

/** The operands of one variant: what is register, what is memory, how wide. */
export function bindOperands(specs: readonly OperandSpec[], size: number, form: Form): Operand[] {
  return specs.map(({ text, letter, width }, field): Operand => {
    const bytes = widthBytes(width, size);
    const memory = form !== 'reg';
    switch (letter) {
      case 'fixed':
        return { kind: 'fixed', bytes, offset: FIXED[text]!.offset };
      case '1':
        return { kind: 'one', bytes };
      case 'E':
        return memory ? { kind: 'mem', bytes } : { kind: 'reg', bytes, field };
      case 'M':
        return { kind: 'mem', bytes };
      case 'O':
        return { kind: 'mem', bytes, absolute: true };
      case 'G':
      case 'R':
      case 'Z':
      case 'B':
        return { kind: 'reg', bytes, field };
      case 'W':
        return memory ? { kind: 'mem', bytes } : { kind: 'xmm', bytes, field };
      case 'V':
      case 'U':
        return { kind: 'xmm', bytes, field };
      case 'Q':
        return memory ? { kind: 'mem', bytes } : { kind: 'mmx', bytes, field };
      case 'P':
      case 'N':
        return { kind: 'mmx', bytes, field };
      case 'I':
        return { kind: 'imm', bytes };
      default:
        return { kind: 'other', bytes };
    }
  });
}

/** Does an operand letter leave the choice between register and memory to ModRM.mod? */
export const usesRm = (letter: string): boolean => 'EMRWUQNT'.includes(letter);
export const memoryOnly = (letter: string): boolean => letter === 'M';
export const registerOnly = (letter: string): boolean => 'RUNT'.includes(letter);

/**
 * Floating point for x86, bit for bit and flag for flag, in integers (and, for
 * speed, JavaScript's IEEE doubles where they are exact). Depends on nothing in the engine; the vCPU calls it as the slow path of SSE and for all of x87.
 *
 * The kernel, shared by SSE and x87:
 *   flags.ts           exception flags and rounding modes as MXCSR, FSW and FCW encode them
 *   value.ts           an unpacked number: kind, sign, integer significand, exponent
 *   bits.ts            bit length and square root of integers
 *   arith.ts           exact add, multiply, divide, square root on unpacked numbers
 *   round.ts           rounding to a format; overflow, underflow, precision, masked or not
 *
 * sse/, one element at a time (SDM Vol. 1 ch. 10 and 11):
 *   env.ts             MXCSR, and `settle`, which ends an instruction: flags or #XM
 *   format.ts          f32 and f64 encodings, DAZ, NaN rules
 *   arith.ts           ADD SUB MUL DIV SQRT MIN MAX
 *   compare.ts         CMPcc, COMIS, UCOMIS
 *   convert.ts         CVT*, ROUND*
 *   estimate.ts        RCP, RSQRT (quirk: frozen here, table-defined on silicon)
 *   shortcut.ts        the same results through JavaScript numbers, in ordinary cases
 *   packed.ts          the packed forms from the above
 *
 * x87/, whole instructions on a register file (SDM Vol. 1 ch. 8):
 *   state.ts           registers, stack, status word, stack faults
 *   format.ts          80-bit encodings, and f32 and f64 in memory
 *   nan.ts             which NaN an instruction returns
 *   arith.ts           FADD FSUB FMUL FDIV FSQRT FCHS FABS
 *   compare.ts         FCOM FUCOM FCOMI FTST FXAM
 *   move.ts            FLD FILD FST ST(i) FXCH FCMOVcc FFREE FINCSTP
 *   store.ts           FST to memory, FIST FISTTP FBSTP
 *   constants.ts       FLD1 FLDPI ...
 *   scale.ts           FSCALE FXTRACT FRNDINT
 *   remainder.ts       FPREM FPREM1
 *   fixed.ts           elementary functions in fixed point
 *   logarithm.ts       F2XM1 FYL2X FYL2XP1
 *   trigonometry.ts    FSIN FCOS FSINCOS FPTAN FPATAN
 *   image.ts           FNSTENV FLDENV FNSAVE FRSTOR FXSAVE FXRSTOR FNINIT FLDCW
 *   mmx.ts             MMX registers
 *   execute*.ts        the opcode map: `executeX87` is the entry for the vCPU
 *
 * Places where silicon, the manual and we part are marked QUIRK.
 *
 * An SSE instruction: make an environment with `sseEnv(mxcsr)`, run the element operations, then
 * `settle`. If that says true, raise #XM and write nothing but MXCSR; else write the result. Either
 * way MXCSR is now `env.mxcsr`.
 *
 * An x87 instruction: #UD and #NM as CR0 has it; if `isWaiting` and `hasPendingException`, #MF;
 * else `executeX87`. It returns false for #UD. Unmasked exceptions only become pending.
 */

export * from './sse/arith.ts';
export * from './sse/compare.ts';
export * from './sse/convert.ts';
export { MXCSR_MASK, MXCSR_RESET, type SseEnv, settle, sseEnv } from './sse/env.ts';
export { rcpF32, rsqrtF32 } from './sse/estimate.ts';
export * from './sse/packed.ts';
export {
  executeX87,
  isDefined,
  isWaiting,
  type X87Environment,
  type X87Instruction,
} from './x87/execute.ts';
export type { Register } from './x87/format.ts';
export {
  FXSAVE_X87_SIZE,
  fninit,
  fxrstor,
  fxsave,
  type ImageFormat,
  setTagWord,
  tagWord,
} from './x87/image.ts';
export { emms, enterMmx, readMmx, writeMmx } from './x87/mmx.ts';
export { createX87State, hasPendingException, type X87State } from './x87/state.ts';

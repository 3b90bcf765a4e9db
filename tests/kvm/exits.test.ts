/** Every kind of exit, in every mode, against the soft vCPU: the same exits, states and hashes. */

import { afterEach, describe, expect, test } from 'vitest';
import { whereIs } from '../../src/engine/kvm/where.ts';
import { gva } from '../../src/engine/units.ts';
import {
  type Bits,
  CODE_AT,
  closeAll,
  guest,
  kvmMissing,
  refusal,
  runAll,
  softGuest,
} from './lab.ts';

afterEach(closeAll);

const MODES: readonly Bits[] = [16, 32, 64];
const di = (bits: Bits) => (bits === 64 ? 'rdi' : bits === 32 ? 'edi' : 'di');
const si = (bits: Bits) => (bits === 64 ? 'rsi' : bits === 32 ? 'esi' : 'si');
const cx = (bits: Bits) => (bits === 64 ? 'rcx' : bits === 32 ? 'ecx' : 'cx');

/** The video hole, which is no RAM of a PC, in a register that every mode addresses with. */
const hole = (bits: Bits) =>
  bits === 16 ? 'mov ax, 0xa000; mov ds, ax; xor bx, bx' : 'mov ebx, 0xa0000';
const bx = (bits: Bits) => (bits === 64 ? 'rbx' : bits === 32 ? 'ebx' : 'bx');

const GUESTS: readonly [name: string, modes: readonly Bits[], code: (bits: Bits) => string][] = [
  [
    'port accesses of every width and direction',
    MODES,
    () => `mov eax, 0x12345678; mov dx, 0x3f8; out dx, al; out dx, ax; out dx, eax;
           out 0x80, al; out 0x80, eax; in al, dx; in ax, dx; in eax, dx; in al, 0x60; hlt`,
  ],
  [
    'string I/O, with and without REP, forwards and backwards',
    MODES,
    (bits) => `mov dx, 0x3f8; mov ${si(bits)}, 0x800; mov ${di(bits)}, 0x600;
               outsb; outsw; insb; insd; mov ${cx(bits)}, 3; rep outsb; rep outsb;
               mov ${cx(bits)}, 5; rep insw; std; mov ${cx(bits)}, 2; rep insb; hlt`,
  ],
  [
    'MMIO of every width and direction',
    MODES,
    (bits) => `${hole(bits)}; mov eax, 0x89abcdef; mov [${bx(bits)}], al; mov [${bx(bits)}+2], ax;
               mov [${bx(bits)}+4], eax; mov cl, [${bx(bits)}]; mov dx, [${bx(bits)}+2];
               mov esi, [${bx(bits)}+4]; movzx edi, byte ptr [${bx(bits)}]; hlt`,
  ],
  [
    'MMIO of 8 bytes, and read-modify-write',
    [64],
    () => `mov ebx, 0xa0000; mov rax, [rbx]; mov [rbx+8], rax; add dword ptr [rbx], 1;
           inc byte ptr [rbx+1]; hlt`,
  ],
  ['HLT again and again', MODES, () => 'hlt; nop; hlt; hlt'],
  [
    'MSRs: kept, unknown, constant',
    MODES,
    () => `mov ecx, 0x277; rdmsr; wrmsr; mov ecx, 0xfe; rdmsr; mov ecx, 0x17; rdmsr;
           mov ecx, 0x174; mov eax, 8; xor edx, edx; wrmsr; rdmsr; hlt`,
  ],
  ['a triple fault', MODES, () => 'lidt [0x600]; ud2'],
];

describe.skipIf(kvmMissing !== undefined)('exits under KVM', () => {
  for (const [name, modes, code] of GUESTS) {
    for (const bits of modes) {
      test(`${name}, ${bits}-bit`, async ({ skip }) => {
        const why = await refusal(bits, code(bits));
        if (why !== undefined) {
          console.warn(`tests/kvm: SKIPPED: ${name}, ${bits}-bit: ${why}`);
          skip(why);
        }
        const soft = softGuest(bits, code(bits));
        const kvm = await guest(bits, code(bits));
        const expected = runAll(soft).map(([exit]) => exit);
        expect(runAll(kvm).map(([exit]) => exit)).toEqual(expected);
        // What is left of a vCPU that is dead is nobody's business.
        if (expected.at(-1)?.kind === 'shutdown') return;
        expect(kvm.registers()).toEqual(soft.registers());
        expect(kvm.stateHash(soft.icount)).toBe(soft.stateHash());
      });

      test(`${name}, ${bits}-bit, counting instructions`, async ({ skip }) => {
        const why = await refusal(bits, code(bits));
        if (why !== undefined) skip(why);
        const kvm = await guest(bits, code(bits), { counting: 'instructions' });
        expect(runAll(kvm)).toEqual(runAll(softGuest(bits, code(bits))));
      });
    }
  }
});

describe.skipIf(kvmMissing !== undefined)('what KVM gives up with', () => {
  test('an internal error says where, at what bytes, and what to do', async ({ skip }) => {
    // FLD1 in ring 0: a KVM that emulates ring 0 may not know it; any other runs it.
    const kvm = await guest(64, 'fld1; hlt');
    const message = await Promise.resolve()
      .then(() => runAll(kvm))
      .then(
        () => undefined,
        (error: Error) => error.message,
      );
    if (message === undefined) skip('this KVM runs every instruction tried');
    expect(message).toMatch(
      /^KVM: internal error at RIP 0x10000 \(d9 e8 f4 .*emulate; .*use --accel jit$/,
    );
  });

  test('a state that no processor can enter is a failed entry or a refused ioctl', async ({
    skip,
  }) => {
    const kvm = await guest(64, 'hlt');
    const message = await Promise.resolve()
      .then(() => {
        // Long mode without PAE: SDM Vol. 3A §10.8.5 has no such thing.
        kvm.setRegisters({ cr4: 0n });
        return runAll(kvm);
      })
      .then(
        () => undefined,
        (error: Error) => error.message,
      );
    if (message === undefined) skip('this KVM enters with CR4.PAE clear in long mode');
    expect(message).toMatch(/^KVM: (expected KVM_SET_SREGS to succeed|the processor refused)/);
  });

  test('knows the way of an address down to the host', async () => {
    const kvm = await guest(64, 'hlt');
    const code = whereIs(kvm.vm, gva(BigInt(CODE_AT)));
    expect(code).toMatchObject({ gpa: CODE_AT, slot: { slot: 0 } });
    expect(code.hva! % 4096n).toBe(0n);
    // Frames are for root only.
    if (code.hpa !== undefined) expect(code.hpa % 4096n).toBe(0n);
    expect(whereIs(kvm.vm, gva(0xa0000n))).toEqual({
      gpa: 0xa0000,
      slot: undefined,
      hva: undefined,
      hpa: undefined,
    });
    expect(whereIs(kvm.vm, gva(0x7f00_0000_0000n)).gpa).toBeUndefined();
  });

  test('translates through the tables of the guest', async () => {
    const kvm = await guest(64, 'hlt');
    expect(kvm.translate(gva(0x10123n))).toBe(0x10123);
    expect(kvm.translate(gva(0x7f00_0000_0000n))).toBeUndefined();
  });
});

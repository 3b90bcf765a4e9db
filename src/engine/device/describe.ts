/**
 * Names for what crosses the bus: the register behind a port or an MMIO address, and the bits of its
 * value, for the exit tracer. Stateless: a trace is read without the devices, so that a register
 * that two share (a UART's RBR and DLL) is named as both.
 */

import type { Gpa } from '../units.ts';
import { Pm1, Pm1Control } from './acpi-pm.ts';
import { PM_BASE, SMI_CMD } from './acpi-pm-port.ts';
import { Status } from './i8042.ts';
import { Port92 } from './i8042-port.ts';
import { Nsc } from './i8254-port.ts';
import { IOAPIC_BASE } from './ioapic-port.ts';
import { Lvt, Svr } from './lapic.ts';
import { IA32_APIC_BASE, IA32_TSC_DEADLINE } from './lapic-port.ts';
import { ResetControl } from './pci-port.ts';
import { Fcr, Ier, Lcr, Lsr, Mcr, Msr } from './uart16550.ts';

type Masks = Readonly<Record<string, number>>;

interface Register {
  readonly name: string;
  /** Its bits, where they have names. */
  readonly bits?: Masks;
}

export interface Description {
  readonly device: string;
  readonly register: string;
  /** The names of the bits that are set, or the value in hex; "COM1 LSR" and "THRE|TEMT". */
  readonly value: string;
}

interface Access {
  readonly dir: 'read' | 'write';
  readonly size: number;
}

/** `value` is what was written, or the reply to a read. */
export function describePort(port: number, access: Access, value: number): Description | undefined {
  const range = PORTS.find(({ base, length }) => port >= base && port < base + length);
  if (range === undefined) return undefined;
  const register = range.register(port - range.base, access);
  return describe(range.device, register, value, access.size);
}

export function describeAddress(at: Gpa, access: Access, value: number): Description | undefined {
  const range = ADDRESSES.find(({ base, length }) => at >= base && at < base + length);
  if (range === undefined) return undefined;
  return describe(range.device, range.register(at - range.base, access), value, access.size);
}

/** The manual's name of an MSR that a machine answers. */
export function describeMsr(msr: number): string | undefined {
  return MSRS[msr];
}

function describe(device: string, register: Register, value: number, size: number): Description {
  return { device, register: register.name, value: valueText(register, value, size) };
}

function valueText({ bits }: Register, value: number, size: number): string {
  const hex = value.toString(16).padStart(2 * size, '0');
  if (bits === undefined) return hex;
  let rest = value;
  const names: string[] = [];
  for (const [name, mask] of Object.entries(bits)) {
    // A field of several bits, unlike a flag, is not named but left in the rest.
    if ((mask & (mask - 1)) !== 0 || (value & mask) === 0) continue;
    names.push(name);
    rest &= ~mask;
  }
  if (rest !== 0 || names.length === 0) names.push((rest >>> 0).toString(16));
  return names.join('|');
}

interface Range {
  readonly device: string;
  readonly base: number;
  readonly length: number;
  readonly register: (offset: number, access: Access) => Register;
}

/** Registers that are the same for reads and writes, by offset. */
function table(...registers: readonly (string | Register)[]): Range['register'] {
  return (offset) => {
    const register = registers[offset] ?? `+${offset.toString(16)}`;
    return typeof register === 'string' ? { name: register } : register;
  };
}

/** One name for reads and one for writes. */
function byDirection(read: Register, write: Register): (access: Access) => Register {
  return ({ dir }) => (dir === 'read' ? read : write);
}

const uartIir = byDirection({ name: 'IIR' }, { name: 'FCR', bits: Fcr });
const uartData = byDirection({ name: 'RBR/DLL' }, { name: 'THR/DLL' });
const uartTable = table(
  'RBR',
  { name: 'IER/DLM', bits: Ier },
  'IIR',
  { name: 'LCR', bits: Lcr },
  { name: 'MCR', bits: Mcr },
  { name: 'LSR', bits: Lsr },
  { name: 'MSR', bits: Msr },
  'SCR',
);

function uart(offset: number, access: Access): Register {
  if (offset === 0) return uartData(access);
  return offset === 2 ? uartIir(access) : uartTable(offset, access);
}

function keyboardCommand({ dir }: Access): Register {
  return dir === 'read' ? { name: 'status', bits: Status } : { name: 'command' };
}

function power(offset: number): Register {
  if (offset < 2) return { name: 'PM1_STS', bits: Pm1 };
  if (offset < 4) return { name: 'PM1_EN', bits: Pm1 };
  return offset < 8 ? { name: 'PM1_CNT', bits: Pm1Control } : { name: 'PM_TMR' };
}

function pciConfig(offset: number, { size }: Access): Register {
  if (offset === 1 && size === 1) return { name: 'RC', bits: ResetControl };
  return { name: offset < 4 ? 'CONFIG_ADDRESS' : 'CONFIG_DATA' };
}

const PORTS: readonly Range[] = [
  { device: 'PIC1', base: 0x20, length: 2, register: table('ICW1/OCW2/OCW3', 'IMR/ICW') },
  { device: 'PIT', base: 0x40, length: 4, register: table('C0', 'C1', 'C2', 'control') },
  { device: 'KBC', base: 0x60, length: 1, register: table('data') },
  { device: 'NSC', base: 0x61, length: 1, register: table({ name: 'NSC', bits: Nsc }) },
  { device: 'KBC', base: 0x64, length: 1, register: (_, access) => keyboardCommand(access) },
  { device: 'RTC', base: 0x70, length: 2, register: table('index', 'data') },
  { device: 'POST', base: 0x80, length: 1, register: table('code') },
  { device: 'port 92', base: 0x92, length: 1, register: table({ name: 'A20', bits: Port92 }) },
  { device: 'PIC2', base: 0xa0, length: 2, register: table('ICW1/OCW2/OCW3', 'IMR/ICW') },
  { device: 'SMI', base: SMI_CMD, length: 2, register: table('SMI_CMD', 'scratch') },
  { device: 'COM2', base: 0x2f8, length: 8, register: uart },
  { device: 'COM1', base: 0x3f8, length: 8, register: uart },
  { device: 'ELCR', base: 0x4d0, length: 2, register: table('ELCR1', 'ELCR2') },
  { device: 'ACPI', base: PM_BASE, length: 12, register: power },
  { device: 'PCI', base: 0xcf8, length: 8, register: pciConfig },
];

/** Local APIC registers by offset / 16 (SDM Vol. 3A table 11-1). */
const LAPIC_REGISTERS: Readonly<Record<number, string | Register>> = {
  2: 'ID',
  3: 'version',
  8: 'TPR',
  9: 'APR',
  10: 'PPR',
  11: 'EOI',
  13: 'LDR',
  14: 'DFR',
  15: { name: 'SVR', bits: Svr },
  40: 'ESR',
  48: 'ICR low',
  49: 'ICR high',
  50: { name: 'LVT timer', bits: Lvt },
  51: { name: 'LVT thermal', bits: Lvt },
  52: { name: 'LVT performance', bits: Lvt },
  53: { name: 'LVT LINT0', bits: Lvt },
  54: { name: 'LVT LINT1', bits: Lvt },
  55: { name: 'LVT error', bits: Lvt },
  56: 'initial count',
  57: 'current count',
  62: 'divide configuration',
};

function lapic(offset: number): Register {
  const index = offset >> 4;
  const register = LAPIC_REGISTERS[index];
  if (register !== undefined) return typeof register === 'string' ? { name: register } : register;
  const group = ['ISR', 'TMR', 'IRR'][(index - 0x10) >> 3];
  if (index < 0x10 || group === undefined) return { name: `+${offset.toString(16)}` };
  return { name: `${group}${index & 7}` };
}

const ADDRESSES: readonly Range[] = [
  {
    device: 'IOAPIC',
    base: IOAPIC_BASE,
    length: 0x1000,
    register: (offset) => ({ name: offset < 0x10 ? 'IOREGSEL' : 'IOWIN' }),
  },
  { device: 'LAPIC', base: 0xfee0_0000, length: 0x1000, register: lapic },
];

const MSRS: Readonly<Record<number, string>> = {
  16: 'IA32_TSC',
  [IA32_APIC_BASE]: 'IA32_APIC_BASE',
  59: 'IA32_TSC_ADJUST',
  139: 'IA32_BIOS_SIGN_ID',
  254: 'IA32_MTRRCAP',
  372: 'IA32_SYSENTER_CS',
  373: 'IA32_SYSENTER_ESP',
  374: 'IA32_SYSENTER_EIP',
  416: 'IA32_MISC_ENABLE',
  631: 'IA32_PAT',
  767: 'IA32_MTRR_DEF_TYPE',
  [IA32_TSC_DEADLINE]: 'IA32_TSC_DEADLINE',
  3221225600: 'IA32_EFER',
  3221225601: 'IA32_STAR',
  3221225602: 'IA32_LSTAR',
  3221225603: 'IA32_CSTAR',
  3221225604: 'IA32_FMASK',
  3221225728: 'IA32_FS_BASE',
  3221225729: 'IA32_GS_BASE',
  3221225730: 'IA32_KERNEL_GS_BASE',
  3221225731: 'IA32_TSC_AUX',
};

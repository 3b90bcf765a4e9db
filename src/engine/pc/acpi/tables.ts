/**
 * The ACPI tables (ACPI Specification 4.0 §5.2), laid out where the RSDP is searched for.
 *
 * There is no HPET and so no HPET table, for a reason: it offers a guest nothing that the TSC (1 GHz,
 * invariant, announced by CPUID leaf 15H), the APIC timer and the PM timer do not, and each read of
 * its counter would be an MMIO exit in the recording. There is no MCFG: no device here needs
 * extended configuration space.
 */

import { ACPI_DISABLE, ACPI_ENABLE } from '../../device/acpi-pm.ts';
import { PM_BASE, SMI_CMD } from '../../device/acpi-pm-port.ts';
import { IOAPIC_BASE } from '../../device/ioapic-port.ts';
import { type Gpa, gpa } from '../../units.ts';
import { ACPI_END, ACPI_START } from '../memory-map.ts';
import { SCI_IRQ } from '../wiring.ts';
import { ascii, le } from './aml.ts';
import { dsdtBody } from './dsdt.ts';

/** Where `acpiTables` puts the RSDP; what boot protocols pass on. */
export const RSDP_AT: Gpa = gpa(ACPI_START);

export interface AcpiTable {
  readonly signature: string;
  readonly at: Gpa;
  readonly bytes: Uint8Array;
}

const OEM_ID = 'RETRO ';
const OEM_TABLE_ID = 'RETROPC ';
const CREATOR_ID = 'RTVR';

export function acpiTables(memoryBytes: number): readonly AcpiTable[] {
  const tables: AcpiTable[] = [];
  let next: number = RSDP_AT + 64;
  const place = (signature: string, bytes: readonly number[]): Gpa => {
    const at = gpa(next);
    // The FACS must lie on a 64-byte boundary; it does the others no harm.
    next = Math.ceil((next + bytes.length) / 64) * 64;
    if (next > ACPI_END) throw new Error(`acpi: tables end at 0x${next.toString(16)}`);
    tables.push({ signature, at, bytes: Uint8Array.from(bytes) });
    return at;
  };
  const facsAt = place('FACS', facs());
  const dsdtAt = place('DSDT', table('DSDT', 2, dsdtBody(memoryBytes)));
  const fadtAt = place('FACP', table('FACP', 4, fadt(facsAt, dsdtAt)));
  const madtAt = place('APIC', table('APIC', 3, madt()));
  const pointers = [fadtAt, madtAt];
  const rsdtAt = place(
    'RSDT',
    table(
      'RSDT',
      1,
      pointers.flatMap((p) => le(p, 4)),
    ),
  );
  const xsdtAt = place(
    'XSDT',
    table(
      'XSDT',
      1,
      pointers.flatMap((p) => le(p, 8)),
    ),
  );
  tables.push({ signature: 'RSD PTR ', at: RSDP_AT, bytes: Uint8Array.from(rsdp(rsdtAt, xsdtAt)) });
  return tables;
}

/** The byte that makes the sum of all zero. */
function checksum(bytes: readonly number[]): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}

/** A system description table: the 36-byte header (§5.2.6) and a body. */
function table(signature: string, revision: number, body: readonly number[]): number[] {
  const bytes = [
    ...ascii(signature),
    ...le(36 + body.length, 4),
    revision,
    0, // checksum
    ...ascii(OEM_ID),
    ...ascii(OEM_TABLE_ID),
    ...le(1, 4),
    ...ascii(CREATOR_ID),
    ...le(1, 4),
    ...body,
  ];
  bytes[9] = checksum(bytes);
  return bytes;
}

/** §5.2.5.3. The first checksum covers the first 20 bytes, the second all 36. */
function rsdp(rsdtAt: Gpa, xsdtAt: Gpa): number[] {
  const bytes = [...ascii('RSD PTR '), 0, ...ascii(OEM_ID), 2, ...le(rsdtAt, 4)];
  bytes[8] = checksum(bytes);
  bytes.push(...le(36, 4), ...le(xsdtAt, 8), 0, 0, 0, 0);
  bytes[32] = checksum(bytes);
  return bytes;
}

/** §5.2.10: 64 bytes, no checksum. Nothing here sleeps, so that it stays as it is. */
function facs(): number[] {
  const bytes = [...ascii('FACS'), ...le(64, 4)];
  while (bytes.length < 64) bytes.push(0);
  bytes[32] = 2; // version
  return bytes;
}

/** Generic Address Structure (§5.2.3.1) of I/O ports. */
function ports(at: number, bits: number): number[] {
  const SYSTEM_IO = 1;
  const accessSize = { 8: 1, 16: 2, 32: 3 }[bits] ?? 0;
  return at === 0 ? new Array<number>(12).fill(0) : [SYSTEM_IO, bits, 0, accessSize, ...le(at, 8)];
}

const FadtFlags = {
  WBINVD: 1 << 0,
  PROC_C1: 1 << 2,
  /** No sleep button. */
  SLP_BUTTON: 1 << 5,
  RESET_REG_SUP: 1 << 10,
} as const;
/** LEGACY_DEVICES, 8042, VGA Not Present, MSI Not Supported (§5.2.9.3). */
const IAPC_BOOT_ARCH = 0b1111;

/** §5.2.9, from FIRMWARE_CTRL at offset 36 to 244. */
function fadt(facsAt: Gpa, dsdtAt: Gpa): number[] {
  const { WBINVD, PROC_C1, SLP_BUTTON, RESET_REG_SUP } = FadtFlags;
  const control = PM_BASE + 4;
  const timer = PM_BASE + 8;
  const RESET_PORT = 0xcf9;
  const RESET_VALUE = 0x06;
  return [
    ...le(facsAt, 4),
    ...le(dsdtAt, 4),
    0, // INT_MODEL, of ACPI 1.0
    1, // Preferred_PM_Profile: desktop
    ...le(SCI_IRQ, 2),
    ...le(SMI_CMD, 4),
    ACPI_ENABLE,
    ACPI_DISABLE,
    0, // S4BIOS_REQ
    0, // PSTATE_CNT
    ...le(PM_BASE, 4), // PM1a_EVT_BLK
    ...le(0, 4),
    ...le(control, 4), // PM1a_CNT_BLK
    ...le(0, 4),
    ...le(0, 4), // PM2_CNT_BLK
    ...le(timer, 4), // PM_TMR_BLK
    ...le(0, 4), // GPE0_BLK
    ...le(0, 4), // GPE1_BLK
    4, // PM1_EVT_LEN
    2, // PM1_CNT_LEN
    0, // PM2_CNT_LEN
    4, // PM_TMR_LEN
    0, // GPE0_BLK_LEN
    0, // GPE1_BLK_LEN
    0, // GPE1_BASE
    0, // CST_CNT
    ...le(101, 2), // P_LVL2_LAT: above 100 means there is no C2
    ...le(1001, 2), // P_LVL3_LAT: above 1000 means there is no C3
    ...le(0, 2), // FLUSH_SIZE
    ...le(0, 2), // FLUSH_STRIDE
    0, // DUTY_OFFSET
    0, // DUTY_WIDTH
    0, // DAY_ALRM
    0, // MON_ALRM
    0x32, // CENTURY
    ...le(IAPC_BOOT_ARCH, 2),
    0,
    ...le(WBINVD | PROC_C1 | SLP_BUTTON | RESET_REG_SUP, 4),
    ...ports(RESET_PORT, 8),
    RESET_VALUE,
    0,
    0,
    0,
    ...le(facsAt, 8), // X_FIRMWARE_CTRL
    ...le(dsdtAt, 8), // X_DSDT
    ...ports(PM_BASE, 32),
    ...ports(0, 0),
    ...ports(control, 16),
    ...ports(0, 0),
    ...ports(0, 0), // X_PM2_CNT_BLK
    ...ports(timer, 32),
    ...ports(0, 0), // X_GPE0_BLK
    ...ports(0, 0), // X_GPE1_BLK
  ];
}

/** §5.2.12: one CPU, one I/O APIC, and the two ISA interrupts that are not wired one to one. */
function madt(): number[] {
  const PCAT_COMPAT = 1;
  const EDGE_HIGH_OF_THE_BUS = 0;
  const LEVEL_HIGH = 0x0d;
  return [
    ...le(0xfee0_0000, 4),
    ...le(PCAT_COMPAT, 4),
    // Processor Local APIC: ACPI id 0, APIC id 0, enabled.
    ...[0, 8, 0, 0, ...le(1, 4)],
    // I/O APIC: id 0, interrupts from 0.
    ...[1, 12, 0, 0, ...le(IOAPIC_BASE, 4), ...le(0, 4)],
    // Interrupt Source Override: the PIT's IRQ0 is on input 2.
    ...[2, 10, 0, 0, ...le(2, 4), ...le(EDGE_HIGH_OF_THE_BUS, 2)],
    // Interrupt Source Override: the SCI is level-triggered.
    ...[2, 10, 0, SCI_IRQ, ...le(SCI_IRQ, 4), ...le(LEVEL_HIGH, 2)],
    // Local APIC NMI: LINT1 of all processors.
    ...[4, 6, 0xff, ...le(0, 2), 1],
  ];
}

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { integer, name, nameString, pkg } from '../../src/engine/pc/acpi/aml.ts';
import { acpiTables, RSDP_AT } from '../../src/engine/pc/acpi/tables.ts';
import { ACPI_END, ACPI_START } from '../../src/engine/pc/memory-map.ts';

const tables = acpiTables(256 << 20);
const find = (signature: string) => tables.find((t) => t.signature === signature)!;
const sum = (bytes: Uint8Array) => bytes.reduce((total, byte) => total + byte, 0) & 0xff;
const u32 = (bytes: Uint8Array, at: number) => new DataView(bytes.buffer).getUint32(at, true);

describe('the tables', () => {
  test.each(['RSD PTR ', 'RSDT', 'XSDT', 'FACP', 'APIC', 'DSDT'])(
    '%s sums to zero',
    (signature) => {
      expect(sum(find(signature).bytes)).toBe(0);
    },
  );

  test('the first 20 bytes of the RSDP, all that ACPI 1.0 knows, sum to zero too', () => {
    expect(sum(find('RSD PTR ').bytes.subarray(0, 20))).toBe(0);
  });

  test('each says its own length', () => {
    for (const { signature, bytes } of tables) {
      if (signature !== 'RSD PTR ')
        expect([signature, u32(bytes, 4)]).toEqual([signature, bytes.length]);
    }
  });

  test('lie one after the other where the RSDP is searched for, on 16-byte boundaries', () => {
    const sorted = [...tables].sort((a, b) => a.at - b.at);
    expect(sorted[0]!.at).toBe(RSDP_AT);
    let end: number = ACPI_START;
    for (const { at, bytes } of sorted) {
      expect(at).toBeGreaterThanOrEqual(end);
      expect(at % 16).toBe(0);
      end = at + bytes.length;
    }
    expect(end).toBeLessThanOrEqual(ACPI_END);
  });

  test('point at each other', () => {
    expect(u32(find('RSD PTR ').bytes, 16)).toBe(find('RSDT').at);
    expect(u32(find('RSD PTR ').bytes, 24)).toBe(find('XSDT').at);
    expect(u32(find('RSDT').bytes, 36)).toBe(find('FACP').at);
    expect(u32(find('RSDT').bytes, 40)).toBe(find('APIC').at);
    expect(u32(find('XSDT').bytes, 36)).toBe(find('FACP').at);
    expect(u32(find('FACP').bytes, 36)).toBe(find('FACS').at);
    expect(u32(find('FACP').bytes, 40)).toBe(find('DSDT').at);
    expect(u32(find('FACP').bytes, 140)).toBe(find('DSDT').at);
  });
});

describe('AML', () => {
  test('integers take the shortest form', () => {
    expect(integer(0)).toEqual([0x00]);
    expect(integer(1)).toEqual([0x01]);
    expect(integer(0xff)).toEqual([0x0a, 0xff]);
    expect(integer(0x100)).toEqual([0x0b, 0x00, 0x01]);
    expect(integer(0xfec0_0000)).toEqual([0x0c, 0x00, 0x00, 0xc0, 0xfe]);
  });

  test('names are padded, and dual names have a prefix', () => {
    expect(String.fromCharCode(...nameString('\\_S5'))).toBe('\\_S5_');
    expect(nameString('A.B')[0]).toBe(0x2e);
  });

  test('a package length counts itself, in one byte up to 63 and in more above', () => {
    // PackageOp, PkgLength, NumElements, elements.
    expect(pkg(integer(0), integer(1))).toEqual([0x12, 4, 2, 0, 1]);
    const long = pkg(...Array.from({ length: 40 }, () => integer(7)));
    expect(long.length - 1).toBe((long[1]! & 15) | (long[2]! << 4));
    expect(name('X', integer(0))).toEqual([0x08, 0x58, 0x5f, 0x5f, 0x5f, 0x00]);
  });
});

/** The reference implementation's own disassembler, in Debian's acpica-tools. */
const hasIasl = spawnSync('iasl', ['-v']).status === 0;
if (!hasIasl) console.warn('SKIPPED: iasl is not installed (Debian: acpica-tools)');

describe.skipIf(!hasIasl)('iasl', () => {
  const disassemble = (signature: string): string => {
    const dir = mkdtempSync(join(tmpdir(), 'retrovisor-acpi-'));
    try {
      writeFileSync(join(dir, 'table.aml'), find(signature).bytes);
      const output = execFileSync('iasl', ['-d', 'table.aml'], { cwd: dir, stdio: 'pipe' });
      return readFileSync(join(dir, 'table.dsl'), 'utf8') + output;
    } finally {
      rmSync(dir, { recursive: true });
    }
  };

  test('disassembles the DSDT to what we meant, and compiles that again', () => {
    const dsl = disassemble('DSDT');
    for (const line of [
      'Name (\\_S5, Package (0x04)',
      'Device (PCI0)',
      'Name (_HID, EisaId ("PNP0A03") /* PCI Bus */)',
      'Method (_PRT, 0, NotSerialized)',
      'Device (COM1)',
      '0x03F8,             // Range Minimum',
    ]) {
      expect(dsl).toContain(line);
    }
    const dir = mkdtempSync(join(tmpdir(), 'retrovisor-acpi-'));
    writeFileSync(join(dir, 'dsdt.dsl'), dsl.slice(0, dsl.lastIndexOf('}') + 1));
    const { status, stdout, stderr } = spawnSync('iasl', ['-ve', 'dsdt.dsl'], { cwd: dir });
    rmSync(dir, { recursive: true });
    expect(`${status} ${stdout}${stderr}`).toMatch(/^0 .*0 Errors/s);
  });

  test.each(['FACP', 'APIC', 'FACS', 'RSDT', 'XSDT'])(
    'finds nothing wrong with %s',
    (signature) => {
      const dsl = disassemble(signature);
      expect(dsl).toContain('[000h 0000   4]                    Signature : "' + signature + '"');
      expect(dsl).not.toMatch(/invalid|incorrect|unknown|\*\*\*\*/i);
    },
  );
});

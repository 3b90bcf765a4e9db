/**
 * The DSDT: what ACPI can only say in AML. The S5 sleep type, the PCI root bridge with its windows
 * and interrupt routing, and the ISA devices that drivers look for by their PNP ids.
 */

import { SLP_TYP_S5 } from '../../device/acpi-pm.ts';
import { pciWindow, VGA_START } from '../memory-map.ts';
import { PCI_GSI_BASE, PCI_ISA_IRQS, pciLine } from '../wiring.ts';
import {
  type Aml,
  ARG0,
  device,
  eisaId,
  ifTerm,
  integer,
  method,
  name,
  nameString,
  pkg,
  returnTerm,
  scope,
  store,
} from './aml.ts';
import { busNumbers, io, ioWindow, irq, memoryWindow, resources } from './resources.ts';

export function dsdtBody(memoryBytes: number): Aml {
  return [
    ...name('\\_S5', pkg(integer(SLP_TYP_S5), integer(SLP_TYP_S5), integer(0), integer(0))),
    // Which interrupt controller the system uses, as it says by calling _PIC: 0 PIC, 1 APIC.
    ...name('\\PICM', integer(0)),
    ...method('\\_PIC', 1, store(ARG0, nameString('\\PICM'))),
    ...scope('\\_SB', pciRoot(memoryBytes)),
  ];
}

function pciRoot(memoryBytes: number): Aml {
  const window = pciWindow(memoryBytes);
  return device(
    'PCI0',
    name('_HID', eisaId('PNP0A03')),
    name('_ADR', integer(0)),
    name('_UID', integer(0)),
    name(
      '_CRS',
      resources(
        busNumbers({ first: 0, last: 0xff }),
        io(0xcf8, 8),
        ioWindow({ first: 0x0000, last: 0x0cf7 }),
        ioWindow({ first: 0x0d00, last: 0xffff }),
        memoryWindow({ first: VGA_START, last: 0xb_ffff }),
        memoryWindow({ first: window.start, last: window.end - 1 }),
      ),
    ),
    name(
      'PRTA',
      routing((line) => PCI_GSI_BASE + line),
    ),
    name(
      'PRTP',
      routing((line) => PCI_ISA_IRQS[line]!),
    ),
    method(
      '_PRT',
      0,
      ifTerm(nameString('\\PICM'), returnTerm(nameString('PRTA'))),
      returnTerm(nameString('PRTP')),
    ),
    isaBridge(),
  );
}

/** _PRT: every slot's four pins to a global system interrupt (§6.2.12). */
function routing(interrupt: (line: number) => number): Aml {
  const entries: Aml[] = [];
  for (let slot = 0; slot < 32; slot++) {
    for (let pin = 0; pin < 4; pin++) {
      const address = slot * 0x1_0000 + 0xffff;
      entries.push(
        pkg(integer(address), integer(pin), integer(0), integer(interrupt(pciLine(slot, pin)))),
      );
    }
  }
  return pkg(...entries);
}

function isaBridge(): Aml {
  return device(
    'ISA',
    name('_ADR', integer(0x0001_0000)),
    isaDevice('RTC', 'PNP0B00', io(0x70, 2), irq(8)),
    isaDevice('KBD', 'PNP0303', io(0x60, 1), io(0x64, 1), irq(1)),
    device(
      'COM1',
      name('_HID', eisaId('PNP0501')),
      name('_UID', integer(1)),
      name('_CRS', resources(io(0x3f8, 8), irq(4))),
    ),
    device(
      'COM2',
      name('_HID', eisaId('PNP0501')),
      name('_UID', integer(2)),
      name('_CRS', resources(io(0x2f8, 8), irq(3))),
    ),
  );
}

function isaDevice(path: string, id: string, ...descriptors: readonly number[][]): Aml {
  return device(path, name('_HID', eisaId(id)), name('_CRS', resources(...descriptors)));
}

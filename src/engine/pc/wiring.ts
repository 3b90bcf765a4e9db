/** How PCI interrupt pins are wired on this board: to both interrupt controllers. */

/** The four PCI lines go to I/O APIC inputs 16 to 19 ... */
export const PCI_GSI_BASE = 16;
/** ... and, for a guest without I/O APIC, to these PIC inputs (level-triggered by ELCR). */
export const PCI_ISA_IRQS = [11, 10, 11, 10] as const;
export const SCI_IRQ = 9;

/** INTA# to INTD# of a slot rotate over the lines, so that neighbours do not share one. */
export function pciLine(slot: number, pin: number): number {
  return (slot + pin) % 4;
}

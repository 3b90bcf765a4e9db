/* Switching the machine off. */
#include "power.h"

#include "console.h"
#include "cpu.h"

/*
 * Finding the port and the sleep type properly takes the FADT and an AML interpreter for \_S5. This is
 * where our PC and QEMU's have the register; S5 is type 5 in ours, and 0 in QEMU's.
 */
#define PM1A_CNT 0x604
#define PM1_SLP_TYP(type) ((type) << 10)
#define PM1_SLP_EN (1u << 13)

#define I8042_COMMAND 0x64
#define I8042_INPUT_FULL 0x02
#define I8042_PULSE_RESET 0xfe

void poweroff(void) {
    console_flush();
    outw(PM1A_CNT, PM1_SLP_EN | PM1_SLP_TYP(5));
    outw(PM1A_CNT, PM1_SLP_EN | PM1_SLP_TYP(0));
    /* Still here: elsewhere, the keyboard controller's reset line at least ends the run. */
    while (inb(I8042_COMMAND) & I8042_INPUT_FULL) {
    }
    outb(I8042_COMMAND, I8042_PULSE_RESET);
    halt_forever();
}

# echo: what is typed comes back, by interrupt, until a q; then the machine is switched off.

        .include "tiny.inc"

        .set IER, COM1 + 1
        .set FCR, COM1 + 2
        .set LCR, COM1 + 3
        .set MCR, COM1 + 4
        .set IRQ4_VECTOR, 0x24
        .set PM1A_CNT, 0x604
        .set SLP_EN, 1 << 13
        .set SLP_TYP_S5, 5 << 10        # what our PC's \_S5 says

.macro out_uart port, value
        movw $\port, %dx
        movb $\value, %al
        outb %al, %dx
.endm

        real_mode_start
        movw $received, IRQ4_VECTOR * 4
        movw $0, IRQ4_VECTOR * 4 + 2
        out_uart LCR, 0x03              # 8N1
        out_uart FCR, 0x07              # FIFOs on and empty
        out_uart MCR, 0x0b              # DTR, RTS, and OUT2, which lets the interrupt out
        out_uart IER, 0x01              # received data
        pic_setup 0xef
        say 16, "echo until q\n"
1:      sti
        hlt
        cli
        cmpb $0, quit
        je 1b

        say 16, "\nbye\n"
        last_line 16
        movw $PM1A_CNT, %dx
        movw $SLP_EN + SLP_TYP_S5, %ax
        outw %ax, %dx
        out8 0xf4, 0                    # where that is not the register
        cli
1:      hlt
        jmp 1b

received:
        pushw %ax
        pushw %dx
1:      movw $LSR, %dx
        inb %dx, %al
        testb $1, %al
        jz 3f
        movw $COM1, %dx
        inb %dx, %al
        cmpb $'q', %al
        je 2f
        cmpb $0, quit                   # nothing after the q
        jne 1b
        call putc16
        jmp 1b
2:      movb $1, quit
        jmp 1b
3:      pic_eoi
        popw %dx
        popw %ax
        iret

        serial_routines 16

        .data
quit:   .byte 0

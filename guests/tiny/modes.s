# modes: real mode -> protected -> compatibility -> 64-bit, with timer interrupts there, and all the
# way back to real mode. (SDM Vol. 3A, 9.8.5 and 9.9.)

        .include "tiny.inc"

        .set CODE32, 0x08
        .set DATA32, 0x10
        .set CODE64, 0x18
        .set CODE16, 0x20
        .set DATA16, 0x28

        .set PML4, 0x10000
        .set PDPT, 0x11000
        .set PD, 0x12000
        .set IDT, 0x13000

        real_mode_start
        say 16, "real mode\n"
        lgdt gdt_pointer
        movl %cr0, %eax
        orl $CR0_PE, %eax
        movl %eax, %cr0
        ljmpl $CODE32, $protected

        serial_routines 16

        .code32
protected:
        movl $DATA32, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        say 32, "protected mode\n"

        movl $PML4, %edi                # clears PML4, PDPT, PD and the IDT
        movl $0x4000 / 4, %ecx
        xorl %eax, %eax
        rep stosl
        movl $PDPT + 3, PML4
        movl $PD + 3, PDPT
        movl $0x83, PD                  # 2 MiB, present, writable
        movl %cr4, %eax
        orl $CR4_PAE, %eax
        movl %eax, %cr4
        movl $PML4, %eax
        movl %eax, %cr3
        movl $IA32_EFER, %ecx
        rdmsr
        orl $EFER_LME, %eax
        wrmsr
        call show_efer                  # LME without LMA
        movl %cr0, %eax
        orl $CR0_PG, %eax
        movl %eax, %cr0
        say 32, "compatibility mode\n"
        call show_efer                  # both
        ljmp $CODE64, $long

show_efer:
        movl $IA32_EFER, %ecx
        rdmsr
        say 32, "  EFER.LME,LMA "
        btl $8, %eax
        call show_carry
        btl $10, %eax
        call show_carry
        say 32, "\n"
        ret

show_carry:
        pushl %eax
        setc %al
        addb $'0', %al
        call putc32
        popl %eax
        ret

        serial_routines 32

        .code64
long:
        say 64, "64-bit mode\n"
        movabsq $0x123456789abcdef0, %rax       # proves that it is 64 bits wide
        shrq $32, %rax
        say 64, "  upper half "
        show 64, %eax, 8
        say 64, "\n"

        movl $timer, %eax               # IDT gate for vector 0x20
        movw %ax, IDT + 0x200
        movl $0x8e000000 + CODE64, IDT + 0x202
        movb $0, IDT + 0x204
        shrl $16, %eax
        movw %ax, IDT + 0x206
        lidt idt_pointer
        pic_setup 0xfe
        pit_setup 1193                  # about 1 kHz
1:      sti
        hlt
        cli
        cmpl $3, ticks
        jb 1b
        out8 0x21, 0xff
        say 64, "  three timer interrupts\n"
        pushq $CODE32
        pushq $compatibility
        lretq

timer:
        pushq %rax
        incl ticks
        pic_eoi
        popq %rax
        iretq

        serial_routines 64

        .code32
compatibility:
        say 32, "compatibility mode\n"
        movl %cr0, %eax
        andl $~CR0_PG, %eax
        movl %eax, %cr0
        say 32, "protected mode\n"
        call show_efer                  # LME without LMA
        movl $IA32_EFER, %ecx
        rdmsr
        andl $~EFER_LME, %eax
        wrmsr
        movl %cr4, %eax
        andl $~CR4_PAE, %eax
        movl %eax, %cr4
        ljmp $CODE16, $protected16

        .code16
protected16:
        movw $DATA16, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
        say 16, "protected mode, 16-bit\n"
        movl %cr0, %eax
        andl $~CR0_PE, %eax
        movl %eax, %cr0
        ljmp $0, $1f
1:      xorw %ax, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
        say 16, "real mode\n"
        end 16

        .data
ticks:  .long 0
        .balign 8
gdt:    .quad 0
        flat_descriptor 0x9b, 0xc       # CODE32
        flat_descriptor 0x93, 0xc       # DATA32
        flat_descriptor 0x9b, 0xa       # CODE64
        descriptor 0, 0xffff, 0x9b, 0   # CODE16
        descriptor 0, 0xffff, 0x93, 0   # DATA16
gdt_end:
gdt_pointer:
        .word gdt_end - gdt - 1
        .long gdt
idt_pointer:
        .word 0xfff
        .quad IDT

# rep: string instructions with a REP prefix, interrupted by a fast timer and resumed. In the handler,
# EIP must be at the instruction, and ECX, ESI and EDI must have gone equally far. (SDM Vol. 2B, "REP".)
#
# How many interrupts hit is a matter of timing: each instruction is repeated until three did.

        .include "tiny.inc"

        .set CODE32, 0x08
        .set DATA32, 0x10
        .set IDT, 0x10000
        .set SOURCE, 0x100000
        .set DESTINATION, 0x180000
        .set LENGTH, 0x40000            # bytes
        .set HITS_WANTED, 3
        .set TRIES_MAX, 200

        real_mode_start
        lgdt gdt_pointer
        movl %cr0, %eax
        orl $CR0_PE, %eax
        movl %eax, %cr0
        ljmpl $CODE32, $protected

        .code32

# interrupted "name", setup, instruction: runs it with interrupts on until HITS_WANTED interrupts
# found EIP at it. `setup` loads the registers; the handler checks them by start_* and unit.
.macro interrupted name, bytes, setup, instruction:vararg
        say 32, "\name: "
        movl $8000f, watched_eip
        movl $\bytes, unit
        movl $0, hits
        movl $0, wrong
        movl $TRIES_MAX, tries
7999:   call \setup
        movl %ecx, start_ecx
        movl %esi, start_esi
        movl %edi, start_edi
        sti
        nop                             # no interrupt right behind STI
8000:   \instruction
        cli
        call account
        jc 7999b
        call verdict
.endm

protected:
        movl $DATA32, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        movl $timer, %eax               # IDT gate for vector 0x20
        movw %ax, IDT + 0x100
        movw $CODE32, IDT + 0x102
        movw $0x8e00, IDT + 0x104
        shrl $16, %eax
        movw %ax, IDT + 0x106
        lidt idt_pointer
        pic_setup 0xfe
        pit_setup 119                   # about 10 kHz

        movl $SOURCE, %edi              # something to copy: a counter times an odd number
        xorl %eax, %eax
        movl $LENGTH / 4, %ecx
1:      stosl
        addl $0x9e3779b1, %eax
        loop 1b

        cld
        interrupted "rep movsb", 1, setup_bytes, rep movsb
        call compare
        interrupted "rep movsl", 4, setup_dwords, rep movsl
        call compare
        interrupted "rep movsb, downwards", -1, setup_downwards, rep movsb
        cld
        call compare
        movl $0x5a5a5a5a, %eax
        interrupted "rep stosl", 4, setup_dwords_fill, rep stosl
        movl $0x5a5a5a5a, %eax
        interrupted "repe scasl", 4, setup_dwords_fill, repe scasl
        call at_end
        interrupted "repne scasb", 1, setup_bytes_scan, repne scasb
        call at_end
        interrupted "repe cmpsb", 1, setup_same, repe cmpsb
        call at_end
        interrupted "rep lodsb", 1, setup_bytes, rep lodsb

        # 16-bit addresses: CX counts, SI and DI wrap, and the upper halves stay.
        movl $0xabcd0004, %ecx
        movl $0x12340000 + (source16 - 2), %esi
        movl $0x5678fffe, %edi
        movl $0x8000, %eax
        say 32, "addr16 rep movsb: "
        addr16 rep movsb
        show 32, %ecx, 8
        say 32, " "
        subl $source16 + 2, %esi
        show 32, %esi, 8
        say 32, " "
        show 32, %edi, 8
        say 32, "\n"

        # None at all: ECX is 0, and flags and registers stay.
        xorl %ecx, %ecx
        movl $0xdead0000, %esi
        movl $0xbeef0000, %edi
        stc
        repe cmpsb
        setc %al
        say 32, "repe cmpsb, none: "
        show 32, %eax, 1
        say 32, " "
        show 32, %esi, 8
        say 32, " "
        show 32, %edi, 8
        say 32, "\n"
        end 32

setup_bytes:
        movl $LENGTH, %ecx
        movl $SOURCE, %esi
        movl $DESTINATION, %edi
        ret
setup_dwords:
        call setup_bytes
        shrl $2, %ecx
        ret
setup_downwards:
        call setup_bytes
        addl $LENGTH - 1, %esi
        addl $LENGTH - 1, %edi
        std
        ret
setup_dwords_fill:
        call setup_dwords
        movl $0x5a5a5a5a, %eax
        ret
setup_bytes_scan:                       # looks for what is not there
        call setup_bytes
        movb $0, %al
        ret
setup_same:
        call setup_bytes
        movl $DESTINATION, %esi
        ret

# Are all bytes at the destination those of the source? Then they are cleared for the next test.
compare:
        cld
        movl $LENGTH, %ecx
        movl $SOURCE, %esi
        movl $DESTINATION, %edi
1:      movb (%esi), %al
        cmpb (%edi), %al
        jne 2f
        movb $0xee, (%edi)
        incl %esi
        incl %edi
        loop 1b
        say 32, "  all copied\n"
        ret
2:      say 32, "  differs at "
        show 32, %edi, 8
        say 32, "\n"
        ret

# Did the last scan go through to the end? account keeps ECX.
at_end:
        testl %ecx, %ecx
        jz 1f
        say 32, "  ended early\n"
        ret
1:      say 32, "  to the end\n"
        ret

# CF: once more.
account:
        cmpl $HITS_WANTED, hits
        jae 1f
        decl tries
        jz 1f
        stc
        ret
1:      clc
        ret

verdict:
        cmpl $HITS_WANTED, hits
        jb 1f
        cmpl $0, wrong
        jne 2f
        say 32, "interrupted and resumed\n"
        ret
1:      say 32, "never interrupted\n"
        ret
2:      say 32, "wrong registers when interrupted\n"
        ret

timer:
        pushal
        cld
        movl 32(%esp), %eax
        cmpl watched_eip, %eax
        jne 3f
        movl start_ecx, %eax
        subl 24(%esp), %eax             # iterations done: ECX as PUSHA saved it
        jz 3f                           # taken before the first one
        cmpl $0, 24(%esp)
        je 3f
        incl hits
        imull unit, %eax
        movl 4(%esp), %edx              # ESI: moved by as many units, or not at all (STOS, SCAS)
        subl start_esi, %edx
        jz 1f
        cmpl %eax, %edx
        jne 2f
1:      movl (%esp), %edx               # EDI: likewise (LODS)
        subl start_edi, %edx
        jz 3f
        cmpl %eax, %edx
        je 3f
2:      incl wrong
3:      pic_eoi
        popal
        iret

        serial_routines 32

        .data
        .balign 8
gdt:    .quad 0
        flat_descriptor 0x9b, 0xc       # CODE32
        flat_descriptor 0x93, 0xc       # DATA32
gdt_end:
gdt_pointer:
        .word gdt_end - gdt - 1
        .long gdt
idt_pointer:
        .word 0x107
        .long IDT
watched_eip:
        .long 0
unit:   .long 0
hits:   .long 0
wrong:  .long 0
tries:  .long 0
start_ecx:
        .long 0
start_esi:
        .long 0
start_edi:
        .long 0
source16:
        .byte 1, 2

# faults32: every exception of 32-bit protected mode that a program can provoke, from ring 0 and ring 3.
#
# Each line says what was tried, the vector and error code it gave, whether EIP was as SDM Vol. 3A,
# chapter 6 has it (at the instruction for a fault, behind it for a trap), and the ring if it is 3.

        .include "tiny.inc"

        .set CODE, 0x08
        .set DATA, 0x10
        .set CODE3, 0x18 + 3
        .set DATA3, 0x20 + 3
        .set TASK, 0x28
        .set TASK_SHORT, 0x30           # a TSS below the least limit
        .set CODE_ABSENT, 0x38
        .set DATA_ABSENT, 0x40
        .set DATA_SMALL, 0x48           # 0xc000 bytes
        .set DATA_READONLY, 0x50
        .set CODE_EXECUTEONLY, 0x58
        .set BEYOND_GDT, 0xff8

        .set PAGE_DIRECTORY, 0x10000
        .set PAGE_TABLE, 0x11000
        .set IDT, 0x12000
        .set GATE_COUNT, 0x31
        .set STACK, 0x7c00
        .set STACK3, 0x6c00

        .set ABSENT_PAGE, 0x300000
        .set READONLY_SUPERVISOR_PAGE, 0x301000
        .set SUPERVISOR_PAGE, 0x302000
        .set READONLY_USER_PAGE, 0x303000
        .set RESERVED_BIT_PAGE, 0x800000

        real_mode_start
        lgdt gdt_pointer
        movl %cr0, %eax
        orl $CR0_PE, %eax
        movl %eax, %cr0
        ljmpl $CODE, $protected

        .code32

# The next exception is to come with EIP at the label 8000 (fault) or 8001 (trap) that follow, and
# 8001 is where it goes on. Changes no register.
.macro expect name, kind
        say 32, "\name: "
        .ifc \kind, fault
        movl $8000f, expected_eip
        .else
        movl $8001f, expected_eip
        .endif
        movl $8001f, resume_eip
        movb $0, seen
.endm

.macro try name, kind, instruction:vararg
        expect "\name", \kind
8000:   \instruction
8001:   call conclude
.endm

protected:
        movl $DATA, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        movl $STACK, %esp
        call build_idt
        lidt idt_pointer
        movl $TASK, %eax
        ltr %ax

# --- #DE
        xorl %edx, %edx
        xorl %ecx, %ecx
        movl $5, %eax
        try "DE divide by zero", fault, divl %ecx
        movl $0x80000000, %eax
        cltd
        movl $-1, %ecx
        try "DE quotient too large", fault, idivl %ecx
        movb $5, %al
        try "DE aam 0", fault, aam $0

# --- #DB
        expect "DB single step", trap
        pushfl
        orl $RFLAGS_TF, (%esp)
        popfl
        nop
8001:   call conclude
        try "DB icebp", trap, .byte 0xf1
        movl $8000f, %eax
        movl %eax, %dr0
        movl $0x401, %eax               # L0: execute
        movl %eax, %dr7
        try "DB instruction breakpoint", fault, incl watched
        movl $watched, %eax
        movl %eax, %dr1
        movl $0x00d00404, %eax          # L1: write, four bytes
        movl %eax, %dr7
        try "DB data breakpoint", trap, movb $1, watched + 3
        movl watched, %ecx
        try "DB not on reading", trap, movl watched, %eax
        xorl %eax, %eax
        movl %eax, %dr7

# --- #BP #OF #BR #UD #NM #MF
        try "BP int3", trap, int3
        try "BP int 3", trap, .byte 0xcd, 3
        expect "OF into", trap
        movb $0x7f, %al
        addb $1, %al
        into
8001:   call conclude
        movl $10, %eax
        try "BR bound", fault, boundl %eax, bounds
        try "UD ud2", fault, ud2
        try "UD lock on nop", fault, .byte 0xf0, 0x90
        try "UD lock on a register", fault, .byte 0xf0, 0x01, 0xc0
        try "UD lea of a register", fault, .byte 0x8d, 0xc0
        movl %cr0, %eax
        orl $CR0_TS + CR0_MP, %eax
        movl %eax, %cr0
        try "NM x87 with TS", fault, fld1
        try "NM wait with TS and MP", fault, fwait
        clts
        movl %cr0, %eax
        andl $~CR0_EM, %eax
        orl $CR0_NE, %eax
        movl %eax, %cr0
        fninit
        fldcw unmasked
        fldz
        fld1
        fdiv %st(1), %st                # pending until the next waiting instruction
        try "MF wait", fault, fwait
        fninit

# --- #TS #NP #SS
        try "TS jump to a short TSS", fault, ljmp $TASK_SHORT, $0
        movl $DATA_ABSENT, %eax
        try "NP load of ds", fault, movl %eax, %ds
        try "NP far jump", fault, ljmp $CODE_ABSENT, $0
        andb $0x7f, IDT + 0x20 * 8 + 5  # that gate is not present from now on
        try "NP int 20", fault, int $0x20
        try "SS load of ss", fault, movl %eax, %ss
        movl $DATA_SMALL, %eax
        movl %eax, %ss
        try "SS read beyond the limit, through esp", fault, pushl 0x9000(%esp)
        try "SS read beyond the limit, by prefix", fault, movl %ss:0xbffd, %eax
        movl $DATA, %eax
        movl %eax, %ss

# --- #GP
        movl $BEYOND_GDT, %eax
        try "GP selector beyond the GDT", fault, movl %eax, %es
        xorl %eax, %eax
        try "GP null ss", fault, movl %eax, %ss
        movl %eax, %es
        try "GP through a null es", fault, movl %es:0, %eax
        movl $DATA_SMALL, %eax
        movl %eax, %es
        try "GP read beyond the limit", fault, movl %es:0xbffd, %eax
        try "GP none at the limit", fault, movl %es:0xbffc, %eax
        movl $DATA_READONLY, %eax
        movl %eax, %es
        try "GP write to read-only data", fault, movb %al, %es:watched
        try "GP write to code", fault, movb %al, %cs:watched
        movl $CODE_EXECUTEONLY, %eax
        try "GP load of execute-only code", fault, movl %eax, %es
        movl $DATA, %eax
        movl %eax, %es
        try "GP far jump to data", fault, ljmp $DATA, $0
        try "GP far jump to null", fault, ljmp $0, $0
        try "GP int beyond the IDT", fault, int $0x70
        movl $0xdeadbeef, %ecx
        try "GP rdmsr of none", fault, rdmsr
        movl $0x80000000, %eax
        expect "GP 16 bytes long", fault
8000:   .fill 15, 1, 0x66
        nop
8001:   call conclude

# --- #PF, #DF
        call paging_on
        try "PF read, not present", fault, movl ABSENT_PAGE + 0x123, %eax
        try "PF write, not present", fault, movb %al, ABSENT_PAGE
        try "PF write, second page", fault, movl %eax, ABSENT_PAGE - 2
        try "PF write, read-only", fault, movl %eax, READONLY_SUPERVISOR_PAGE
        try "PF reserved bit", fault, movl RESERVED_BIT_PAGE, %eax
        pushl $ABSENT_PAGE + 0x10
        expect "PF fetch, not present", fault
        movl $ABSENT_PAGE + 0x10, expected_eip
        ret
8001:   call conclude
        movl $READONLY_SUPERVISOR_PAGE, %edi
        xorl %eax, %eax
        movl %cr0, %ecx
        andl $~CR0_WP, %ecx
        movl %ecx, %cr0
        try "PF none, read-only without WP", fault, movl %eax, (%edi)
        orl $CR0_WP, %ecx
        movl %ecx, %cr0
        andb $0x7f, IDT + 14 * 8 + 5
        try "DF page fault without a gate", abort, movl ABSENT_PAGE, %eax
        orb $0x80, IDT + 14 * 8 + 5

# --- from ring 3
        pushl $DATA3
        pushl $STACK3
        pushl $2
        pushl $CODE3
        pushl $user
        iret
user:
        movl $DATA3, %eax
        movl %eax, %ds
        movl %eax, %es
        try "GP cli", fault, cli
        try "GP hlt", fault, hlt
        try "GP mov from cr0", fault, movl %cr0, %eax
        try "GP in from a port not allowed", fault, inb $0x60, %al
        try "GP load of ring 0 data", fault, movw kernel_data, %ds
        try "GP int 21, a ring 0 gate", fault, int $0x21
        try "BP int3", trap, int3
        try "PF read, supervisor", fault, movl SUPERVISOR_PAGE, %eax
        try "PF write, supervisor", fault, movl %eax, SUPERVISOR_PAGE
        try "PF write, read-only", fault, movl %eax, READONLY_USER_PAGE
        try "PF write, not present", fault, movl %eax, ABSENT_PAGE
        try "none, read-only read", fault, movl READONLY_USER_PAGE, %eax
        int $0x30                       # to ring 0: AM on
        .long am_on
        pushfl
        orl $RFLAGS_AC, (%esp)
        popfl
        try "AC misaligned read", fault, movl watched + 1, %eax
        try "AC misaligned write", fault, movw %ax, watched + 3
        try "none, aligned", fault, movl watched, %eax
        pushfl
        andl $~RFLAGS_AC, (%esp)
        popfl
        try "none, AC clear", fault, movl watched + 1, %eax
        int $0x30
        .long finish

am_on:
        movl %cr0, %eax
        orl $CR0_AM, %eax
        movl %eax, %cr0
        iret

finish:
        movl $DATA, %eax
        movl %eax, %ds
        movl %eax, %es
        say 32, "back in ring 0\n"
        end 32

# After a try.
conclude:
        cmpb $0, seen
        jne 1f
        say 32, "no exception\n"
1:      ret

# --- handlers

        .balign 16
stubs:
        .set vector, 0
    .rept 0x30
        .balign 16
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17)
        pushl $0
    .endif
        pushl $vector
        jmp handler
        .set vector, vector + 1
    .endr
        .balign 16
# Vector 0x30: a call from ring 3 of the routine whose address follows the INT.
        xchgl %eax, (%esp)
        addl $4, %eax
        xchgl %eax, (%esp)
        pushl %eax
        movl 4(%esp), %eax
        movl -4(%eax), %eax
        xchgl %eax, (%esp)
        ret

        .set FRAME_VECTOR, 32
        .set FRAME_ERROR, 36
        .set FRAME_EIP, 40
        .set FRAME_CS, 44
        .set FRAME_EFLAGS, 48

handler:
        pushal
        movl %esp, %ebp
        pushl %ds
        pushl %es
        movl $DATA, %eax
        movl %eax, %ds
        movl %eax, %es
        movb $1, seen
        say 32, "vector "
        show 32, FRAME_VECTOR(%ebp), 2
        movl FRAME_VECTOR(%ebp), %ecx
        movl $0x00027d00, %eax          # those with error codes
        btl %ecx, %eax
        jnc 1f
        say 32, " error "
        show 32, FRAME_ERROR(%ebp), 4
1:      cmpl $8, %ecx                   # an abort: EIP is not defined
        je 4f
        movl FRAME_EIP(%ebp), %eax
        cmpl expected_eip, %eax
        jne 2f
        say 32, " eip ok"
        jmp 3f
2:      say 32, " eip "
        show 32, %eax, 8
        say 32, " not "
        show 32, expected_eip, 8
3:      cmpl $14, %ecx
        jne 3f
        say 32, " cr2 "
        movl %cr2, %eax
        show 32, %eax, 8
3:      cmpl $1, %ecx
        jne 4f
        say 32, " dr6 "
        movl %dr6, %eax
        andl $0xe00f, %eax
        show 32, %eax, 4
        xorl %eax, %eax
        movl %eax, %dr6
4:      testb $3, FRAME_CS(%ebp)
        jz 5f
        say 32, " ring 3"
5:      say 32, "\n"
        movl resume_eip, %eax
        movl %eax, FRAME_EIP(%ebp)
        andl $~RFLAGS_TF, FRAME_EFLAGS(%ebp)
        popl %es
        popl %ds
        popal
        addl $8, %esp
        iret

build_idt:
        movl $stubs, %eax
        movl $IDT, %edi
        movl $GATE_COUNT, %ecx
1:      movw %ax, (%edi)
        movw $CODE, 2(%edi)
        movw $0x8e00, 4(%edi)
        movl %eax, %edx
        shrl $16, %edx
        movw %dx, 6(%edi)
        addl $16, %eax
        addl $8, %edi
        loop 1b
        movb $0xee, IDT + 3 * 8 + 5     # DPL 3
        movb $0xee, IDT + 4 * 8 + 5
        movb $0xee, IDT + 0x30 * 8 + 5
        ret

# The first 4 MiB where they are, for everybody, with a few pages that are not; a 4 MiB page with a
# reserved bit set (PSE-36: bit 21).
paging_on:
        movl $PAGE_DIRECTORY, %edi
        movl $1024, %ecx
        xorl %eax, %eax
        rep stosl
        movl $7, %eax
        movl $1024, %ecx
        movl $PAGE_TABLE, %edi
1:      stosl
        addl $0x1000, %eax
        loop 1b
        movl $PAGE_TABLE + 7, PAGE_DIRECTORY
        movl $0x200087, PAGE_DIRECTORY + (RESERVED_BIT_PAGE >> 22) * 4
        movl $0, PAGE_TABLE + (ABSENT_PAGE >> 12) * 4
        movl $READONLY_SUPERVISOR_PAGE + 1, PAGE_TABLE + (READONLY_SUPERVISOR_PAGE >> 12) * 4
        movl $SUPERVISOR_PAGE + 3, PAGE_TABLE + (SUPERVISOR_PAGE >> 12) * 4
        movl $READONLY_USER_PAGE + 5, PAGE_TABLE + (READONLY_USER_PAGE >> 12) * 4
        movl $PAGE_DIRECTORY, %eax
        movl %eax, %cr3
        movl %cr4, %eax
        orl $CR4_PSE, %eax
        movl %eax, %cr4
        movl %cr0, %eax
        orl $CR0_PG + CR0_WP, %eax
        movl %eax, %cr0
        ret

        serial_routines 32

        .data
        .balign 8
gdt:    .quad 0
        flat_descriptor 0x9b, 0xc       # CODE
        flat_descriptor 0x93, 0xc       # DATA
        flat_descriptor 0xfb, 0xc       # CODE3
        flat_descriptor 0xf3, 0xc       # DATA3
        descriptor tss, (tss_end-tss-1), 0x89, 0      # TASK
        descriptor tss, 0x66, 0x89, 0   # TASK_SHORT
        flat_descriptor 0x1b, 0xc       # CODE_ABSENT
        flat_descriptor 0x13, 0xc       # DATA_ABSENT
        descriptor 0, 0xbfff, 0x93, 4   # DATA_SMALL
        flat_descriptor 0x91, 0xc       # DATA_READONLY
        flat_descriptor 0x99, 0xc       # CODE_EXECUTEONLY
gdt_end:
gdt_pointer:
        .word gdt_end - gdt - 1
        .long gdt
idt_pointer:
        .word GATE_COUNT * 8 - 1
        .long IDT

        .balign 8
tss:    .long 0, STACK, DATA            # link, ESP0, SS0
        .fill 22, 4, 0
        .word 0, io_map - tss
io_map: .fill COM1 / 8, 1, 0xff         # ring 3 may use COM1, and no other port
        .byte 0
        .byte 0xff
tss_end:

        .balign 4                       # ring 3 writes here with alignment checks on
expected_eip:
        .long 0
resume_eip:
        .long 0
watched:
        .long 0, 0
bounds: .long 0, 9
unmasked:
        .word 0x037f & ~4               # division by zero
kernel_data:
        .word DATA
seen:   .byte 0

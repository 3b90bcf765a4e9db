# faults64: the exceptions of 64-bit mode, from ring 0 and ring 3, stacks switched by the IST and by
# ring, SYSCALL and SYSRET, execute disable.
#
# Each line says what was tried, the vector and error code it gave, whether RIP was as SDM Vol. 3A,
# chapter 6 has it (at the instruction for a fault, behind it for a trap), which stack the handler
# found itself on if not the interrupted one, and the ring if it is 3.

        .include "tiny.inc"

        .set CODE32, 0x08
        .set DATA, 0x10
        .set CODE, 0x18
        .set DATA3, 0x20 + 3            # SYSRET wants these two in this order
        .set CODE3, 0x28 + 3
        .set TASK, 0x30
        .set DATA_ABSENT, 0x40
        .set CODE_L_AND_D, 0x48
        .set BEYOND_GDT, 0xff8

        .set PML4, 0x10000
        .set PDPT, 0x11000
        .set PD, 0x12000
        .set PAGE_TABLE, 0x13000
        .set IDT, 0x14000
        .set GATE_COUNT, 0x31
        .set STACK, 0x7c00
        .set STACK_IST1, 0x7000
        .set STACK_RSP0, 0x6800
        .set STACK3, 0x6000

        .set ABSENT_PAGE, 0x100000
        .set READONLY_SUPERVISOR_PAGE, 0x101000
        .set SUPERVISOR_PAGE, 0x102000
        .set READONLY_USER_PAGE, 0x103000
        .set NX_PAGE, 0x104000

        .set IA32_STAR, 0xc0000081
        .set IA32_LSTAR, 0xc0000082
        .set IA32_FMASK, 0xc0000084

        real_mode_start
        lgdt gdt_pointer
        movl %cr0, %eax
        orl $CR0_PE, %eax
        movl %eax, %cr0
        ljmpl $CODE32, $protected

        .code32
protected:
        movl $DATA, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        movl $PML4, %edi                # clears all tables
        movl $0x5000 / 4, %ecx
        xorl %eax, %eax
        rep stosl
        movl $PDPT + 7, PML4
        movl $PD + 7, PDPT
        movl $PAGE_TABLE + 7, PD
        movl $PAGE_TABLE, %edi          # the first 2 MiB where they are, for everybody
        movl $7, %eax
        movl $512, %ecx
1:      movl %eax, (%edi)
        addl $0x1000, %eax
        addl $8, %edi
        loop 1b
        movl $0, PAGE_TABLE + (ABSENT_PAGE >> 12) * 8
        movl $READONLY_SUPERVISOR_PAGE + 1, PAGE_TABLE + (READONLY_SUPERVISOR_PAGE >> 12) * 8
        movl $SUPERVISOR_PAGE + 3, PAGE_TABLE + (SUPERVISOR_PAGE >> 12) * 8
        movl $READONLY_USER_PAGE + 5, PAGE_TABLE + (READONLY_USER_PAGE >> 12) * 8
        movl $0x80000000, PAGE_TABLE + (NX_PAGE >> 12) * 8 + 4
        movl $CR4_PAE, %eax
        movl %eax, %cr4
        movl $PML4, %eax
        movl %eax, %cr3
        movl $IA32_EFER, %ecx
        rdmsr
        orl $EFER_LME + EFER_NXE + EFER_SCE, %eax
        wrmsr
        movl %cr0, %eax
        orl $CR0_PG + CR0_WP + CR0_AM + CR0_NE, %eax
        andl $~CR0_EM, %eax
        movl %eax, %cr0
        ljmp $CODE, $long

        .code64

# The next exception is to come with RIP at the label 8000 (fault) or 8001 (trap) that follow, and
# 8001 is where it goes on. Changes no register.
.macro expect name, kind
        say 64, "\name: "
        .ifc \kind, fault
        movq $8000f, expected_rip
        .else
        movq $8001f, expected_rip
        .endif
        movq $8001f, resume_rip
        movb $0, seen
.endm

.macro try name, kind, instruction:vararg
        expect "\name", \kind
8000:   \instruction
8001:   call conclude
.endm

long:
        movl $STACK, %esp
        call build_idt
        lidt idt_pointer
        movl $TASK, %eax
        ltr %ax

# --- #DE #DB #BP #UD #NM
        xorl %edx, %edx
        xorl %ecx, %ecx
        movl $5, %eax
        try "DE divide by zero", fault, divq %rcx
        movl $1, %eax
        shlq $63, %rax
        cqto
        movq $-1, %rcx
        try "DE quotient too large", fault, idivq %rcx
        expect "DB single step", trap
        pushfq
        orl $RFLAGS_TF, (%rsp)
        popfq
        nop
8001:   call conclude
        movl $8000f, %eax
        movq %rax, %dr0
        movl $0x401, %eax               # L0: execute
        movq %rax, %dr7
        try "DB instruction breakpoint", fault, incl watched
        movl $watched, %eax
        movq %rax, %dr1
        movl $0x00900404, %eax          # L1: write, eight bytes
        movq %rax, %dr7
        try "DB data breakpoint", trap, movb $1, watched + 7
        xorl %eax, %eax
        movq %rax, %dr7
        try "BP int3", trap, int3
        try "UD ud2", fault, ud2
        try "UD into", fault, .byte 0xce
        try "UD push es", fault, .byte 0x06
        try "UD aam", fault, .byte 0xd4, 10
        try "UD far jump, immediate", fault, .byte 0xea, 0, 0, 0, 0, 8, 0
        try "UD lock on nop", fault, .byte 0xf0, 0x90
        movq %cr0, %rax
        orl $CR0_TS, %eax
        movq %rax, %cr0
        try "NM x87 with TS", fault, fld1
        clts

# --- #NP #SS #GP
        movl $DATA_ABSENT, %eax
        try "NP load of ds", fault, movl %eax, %ds
        andb $0x7f, IDT + 0x20 * 16 + 5 # that gate is not present from now on
        try "NP int 20", fault, int $0x20
        try "SS load of ss", fault, movl %eax, %ss
        movq $1 << 47, %rbp
        movq %rbp, %rbx
        try "GP read, not canonical", fault, movl (%rbx), %eax
        try "SS read, not canonical, through rbp", fault, movl (%rbp), %eax
        try "GP jump, not canonical", fault, jmp *%rbx
        pushq %rbx
        try "GP ret, not canonical", fault, ret
        popq %rbx
        movl $BEYOND_GDT, %eax
        try "GP selector beyond the GDT", fault, movl %eax, %es
        xorl %eax, %eax
        try "none, null ss in ring 0", fault, movl %eax, %ss
        try "GP int beyond the IDT", fault, int $0x70
        pushq $CODE_L_AND_D
        pushq $8001f
        try "GP far return to a segment with L and D", fault, lretq
        movl $STACK, %esp
        movl $IA32_LSTAR, %ecx
        xorl %eax, %eax
        movl $0x8000, %edx
        try "GP wrmsr of LSTAR, not canonical", fault, wrmsr
        movl $IA32_EFER, %ecx
        rdmsr
        andl $~EFER_LME, %eax
        try "GP wrmsr of EFER, LME changed under paging", fault, wrmsr
        expect "GP iret with NT", fault
        pushfq
        orl $RFLAGS_NT, (%rsp)
        popfq
8000:   iretq
8001:   pushfq
        andl $~RFLAGS_NT, (%rsp)
        popfq
        call conclude

# --- #PF, #DF
        try "PF read, not present", fault, movl ABSENT_PAGE + 0x123, %eax
        try "PF write, second page", fault, movq %rax, ABSENT_PAGE - 4
        try "PF write, read-only", fault, movl %eax, READONLY_SUPERVISOR_PAGE
        movl $NX_PAGE + 8, %eax
        expect "PF fetch, execute disable", fault
        movq %rax, expected_rip
        jmp *%rax
8001:   call conclude
        movq $0x0000123456789abc, %rax
        try "PF read, no table", fault, movb (%rax), %al
        movq $0xffff8000deadbeef, %rax
        try "PF write, no table, upper half", fault, movb %al, (%rax)
        andb $0x7f, IDT + 14 * 16 + 5
        try "DF page fault without a gate", abort, movl ABSENT_PAGE, %eax
        orb $0x80, IDT + 14 * 16 + 5
        subq $8, %rsp                   # the CPU aligns the stack before it pushes
        try "BP int3, rsp ends in 8", trap, int3
        addq $8, %rsp

# --- from ring 3
        movl $IA32_STAR, %ecx
        xorl %eax, %eax
        movl $((DATA3 - 8) << 16) + CODE, %edx  # SYSRET: SS at +8, CS at +16; SYSCALL: CS, SS at +8
        wrmsr
        movl $IA32_LSTAR, %ecx
        movl $system_call, %eax
        xorl %edx, %edx
        wrmsr
        movl $IA32_FMASK, %ecx
        movl $RFLAGS_AC + RFLAGS_IF, %eax
        wrmsr
        pushq $DATA3
        pushq $STACK3
        pushq $2
        pushq $CODE3
        pushq $user
        iretq
user:
        try "GP cli", fault, cli
        try "GP hlt", fault, hlt
        try "GP mov from cr3", fault, movq %cr3, %rax
        try "GP in from a port not allowed", fault, inb $0x60, %al
        xorl %eax, %eax
        try "GP null ss in ring 3", fault, movl %eax, %ss
        try "GP int 21, a ring 0 gate", fault, int $0x21
        try "BP int3", trap, int3
        try "PF read, supervisor", fault, movl SUPERVISOR_PAGE, %eax
        try "PF write, read-only", fault, movl %eax, READONLY_USER_PAGE
        movl $NX_PAGE, %eax
        expect "PF fetch, execute disable", fault
        movq %rax, expected_rip
        jmp *%rax
8001:   call conclude
        pushfq
        orl $RFLAGS_AC, (%rsp)
        popfq
        try "AC misaligned read", fault, movq watched + 1, %rax
        try "none, aligned", fault, movq watched, %rax
        movl $0x1234, %edi
        syscall
        cmpl $0x2345, %eax
        jne 1f
        pushfq
        popq %rax
        say 64, "syscall and sysret: ok, AC "
        btl $18, %eax                   # FMASK cleared it in ring 0, R11 brought it back
        setc %al
        addb $'0', %al
        call putc64
        movw %cs, %ax
        say 64, " cs "
        show 64, %eax, 4
        movw %ss, %ax
        say 64, " ss "
        show 64, %eax, 4
        say 64, "\n"
1:      xorl %edi, %edi
        syscall                         # does not come back

# EDI + 0x1111 for ring 3 if EDI is not 0.
system_call:
        testl %edi, %edi
        jz finish
        leal 0x1111(%rdi), %eax
        pushfq
        popq %rdx
        btl $18, %edx
        jc 1f
        sysretq
1:      xorl %eax, %eax
        sysretq

finish:
        movl $STACK, %esp
        movw %cs, %ax
        say 64, "ring 0: cs "
        show 64, %eax, 4
        movw %ss, %ax
        say 64, " ss "
        show 64, %eax, 4
        say 64, "\n"
        end 64

# After a try.
conclude:
        cmpb $0, seen
        jne 1f
        say 64, "no exception\n"
1:      ret

# --- handlers

        .balign 16
stubs:
        .set vector, 0
    .rept GATE_COUNT
        .balign 16
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17)
        pushq $0
    .endif
        pushq $vector
        jmp handler
        .set vector, vector + 1
    .endr

        .set SAVED, 32
        .set FRAME_VECTOR, SAVED
        .set FRAME_ERROR, SAVED + 8
        .set FRAME_RIP, SAVED + 16
        .set FRAME_CS, SAVED + 24
        .set FRAME_RFLAGS, SAVED + 32
        .set FRAME_RSP, SAVED + 40

handler:
        pushq %rax
        pushq %rcx
        pushq %rdx
        pushq %rbp
        movq %rsp, %rbp
        movb $1, seen
        say 64, "vector "
        show 64, FRAME_VECTOR(%rbp), 2
        movl FRAME_VECTOR(%rbp), %ecx
        movl $0x00027d00, %eax          # those with error codes
        btl %ecx, %eax
        jnc 1f
        say 64, " error "
        show 64, FRAME_ERROR(%rbp), 4
1:      cmpl $8, %ecx                   # an abort: RIP is not defined
        je 4f
        movq FRAME_RIP(%rbp), %rax
        cmpq expected_rip, %rax
        jne 2f
        say 64, " rip ok"
        jmp 3f
2:      say 64, " rip "
        show 64, %eax, 8
        say 64, " not "
        show 64, expected_rip, 8
3:      cmpl $14, %ecx
        jne 3f
        say 64, " cr2 "
        movq %cr2, %rax
        rorq $32, %rax
        show 64, %eax, 8
        rorq $32, %rax
        show 64, %eax, 8
3:      cmpl $1, %ecx
        jne 4f
        say 64, " dr6 "
        movq %dr6, %rax
        andl $0xe00f, %eax
        show 64, %eax, 4
        xorl %eax, %eax
        movq %rax, %dr6
4:      leaq FRAME_RSP + 16(%rbp), %rax # where the stack was before the CPU pushed
        cmpq $STACK_IST1, %rax
        jne 4f
        say 64, " on IST1"
4:      cmpq $STACK_RSP0, %rax
        jne 4f
        say 64, " on RSP0"
4:      testb $15, %al
        jz 4f
        say 64, " misaligned"
4:      testb $3, FRAME_CS(%rbp)
        jz 5f
        say 64, " ring 3"
5:      say 64, "\n"
        movq resume_rip, %rax
        movq %rax, FRAME_RIP(%rbp)
        andl $~(RFLAGS_TF + RFLAGS_NT), FRAME_RFLAGS(%rbp)
        popq %rbp
        popq %rdx
        popq %rcx
        popq %rax
        addq $16, %rsp
        iretq

build_idt:
        movl $stubs, %eax
        movl $IDT, %edi
        movl $GATE_COUNT, %ecx
1:      movw %ax, (%rdi)
        movw $CODE, 2(%rdi)
        movw $0x8e00, 4(%rdi)
        movl %eax, %edx
        shrl $16, %edx
        movw %dx, 6(%rdi)
        addl $16, %eax
        addl $16, %edi
        loop 1b
        movb $0xee, IDT + 3 * 16 + 5    # DPL 3
        movb $1, IDT + 8 * 16 + 4       # #DF and #SS have a stack of their own
        movb $1, IDT + 12 * 16 + 4
        ret

        serial_routines 64

        .data
        .balign 8
gdt:    .quad 0
        flat_descriptor 0x9b, 0xc       # CODE32
        flat_descriptor 0x93, 0xc       # DATA
        flat_descriptor 0x9b, 0xa       # CODE
        flat_descriptor 0xf3, 0xc       # DATA3
        flat_descriptor 0xfb, 0xa       # CODE3
        descriptor tss, (tss_end-tss-1), 0x89, 0        # TASK
        .quad 0
        flat_descriptor 0x13, 0xc       # DATA_ABSENT
        flat_descriptor 0x9b, 0xe       # CODE_L_AND_D
gdt_end:
gdt_pointer:
        .word gdt_end - gdt - 1
        .quad gdt
idt_pointer:
        .word GATE_COUNT * 16 - 1
        .quad IDT

        .balign 8
tss:    .long 0
        .quad STACK_RSP0, 0, 0          # RSP0-2
        .quad 0
        .quad STACK_IST1, 0, 0, 0, 0, 0, 0
        .quad 0
        .word 0, io_map - tss
io_map: .fill COM1 / 8, 1, 0xff         # ring 3 may use COM1, and no other port
        .byte 0
        .byte 0xff
tss_end:

        .balign 8                       # ring 3 writes here with alignment checks on
expected_rip:
        .quad 0
resume_rip:
        .quad 0
watched:
        .quad 0, 0
seen:   .byte 0

# tasks: hardware task switches by JMP, CALL, IRET and task gates, an LDT, a call gate with parameters,
# conforming code, and virtual-8086 mode. (SDM Vol. 3A, chapters 5, 7 and 20.)

        .include "tiny.inc"

        .set CODE, 0x08
        .set DATA, 0x10
        .set CODE3, 0x18 + 3
        .set DATA3, 0x20 + 3
        .set MAIN_TASK, 0x28
        .set JUMP_TASK, 0x30
        .set CALL_TASK, 0x38
        .set FAULT_TASK, 0x40
        .set CALL_GATE, 0x48 + 3
        .set LDT, 0x50
        .set CONFORMING, 0x58
        .set TASK_GATE, 0x60
        .set BEYOND_GDT, 0x1000

        .set IDT, 0x10000
        .set GATE_COUNT, 0x32
        .set V86_SEGMENT, 0x2000        # at 0x20000
        .set V86_STACK, 0x1000

        .set TSS_LINK, 0                # offsets in a TSS
        .set TSS_EIP, 32
        .set TSS_EBX, 52

        real_mode_start
        lgdt gdt_pointer
        movl %cr0, %eax
        orl $CR0_PE, %eax
        movl %eax, %cr0
        ljmpl $CODE, $protected

        .code32
protected:
        movl $DATA, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        movl %eax, %fs
        movl %eax, %gs
        call build_idt
        lidt idt_pointer
        call show_types
        movl $MAIN_TASK, %eax
        ltr %ax
        clts
        say 32, "main"
        call show_state

# --- JMP to a task and back
        movl $0x11111111, %ebx
        ljmp $JUMP_TASK, $0
        say 32, "main"
        call show_state
        say 32, "  ebx "
        show 32, %ebx, 8
        say 32, "\n"
        ljmp $JUMP_TASK, $0             # goes on behind the task's own jump
        say 32, "main"
        call show_state

# --- CALL of a task, which returns by IRET
        movl $0x22222222, %ebx
        lcall $CALL_TASK, $0
        say 32, "main"
        call show_state
        say 32, "  ebx "
        show 32, %ebx, 8
        say 32, ", the called task's link "
        movw call_tss + TSS_LINK, %ax
        show 32, %eax, 4
        say 32, "\n"
        lcall $TASK_GATE, $0
        say 32, "main"
        call show_state

# --- task gates in the IDT: for an exception with an error code, and for INT
        movl $BEYOND_GDT, %eax
8000:   movl %eax, %es                  # #GP; the task leads us behind it
8001:   say 32, "main"
        call show_state
        int $0x31
        say 32, "main"
        call show_state

# --- an LDT, conforming code, a call gate with two parameters
        movl $LDT, %eax
        lldt %ax
        movl $4, %eax                   # the LDT's first entry
        movl %eax, %es
        movl %es:0, %eax
        say 32, "through the LDT: "
        show 32, %eax, 8
        say 32, "\n"
        movl $DATA3, %eax
        movl %eax, %ds
        movl %eax, %es
        pushl $DATA3
        pushl $0x6c00
        pushl $0x3002                   # IOPL 3, for the console
        pushl $CODE3
        pushl $user
        iret
user:
        call show_ring
        lcall $CONFORMING, $conforming
        call show_ring
        pushl $0x12345678
        pushl $0x9abcdef0
        lcall $CALL_GATE, $0
        call show_ring
        int $0x30

conforming:
        call show_ring
        lret

# The call gate's target. CS:EIP lies below the parameters, SS:ESP above.
gate_target:
        movl $DATA, %eax
        movl %eax, %es                  # ring 3 will find it null
        call show_ring
        movl 8(%esp), %eax
        say 32, "  parameters "
        show 32, %eax, 8
        movl 12(%esp), %eax
        say 32, " "
        show 32, %eax, 8
        movl 16(%esp), %eax
        say 32, ", caller's esp "
        show 32, %eax, 8
        movl 20(%esp), %eax
        say 32, " ss "
        show 32, %eax, 4
        say 32, "\n"
        lret $8

# CS, SS:ESP and ES.
show_ring:
        movw %cs, %ax
        say 32, "cs "
        show 32, %eax, 4
        movw %ss, %ax
        say 32, " ss "
        show 32, %eax, 4
        leal 4(%esp), %eax
        say 32, " esp "
        show 32, %eax, 8
        movw %es, %ax
        say 32, " es "
        show 32, %eax, 4
        say 32, "\n"
        ret

# --- virtual-8086 mode; ring 3 comes here by INT 30
enter_v86:
        movl $DATA, %eax
        movl %eax, %ds
        movl %eax, %es
        movl $v86_monitor, %eax         # for #GP, instead of the task gate
        movl $IDT + 13 * 8, %edi
        movb $0x8e, %dl
        call interrupt_gate
        movl $v86_code, %esi
        movl $V86_SEGMENT << 4, %edi
        movl $v86_code_end - v86_code, %ecx
        cld
        rep movsb
        pushl $0x4444                   # GS
        pushl $0x3333                   # FS
        pushl $0x1111                   # DS
        pushl $0x2222                   # ES
        pushl $V86_SEGMENT              # SS
        pushl $V86_STACK
        pushl $RFLAGS_VM + 2            # IOPL 0: what touches IF comes to the monitor
        pushl $V86_SEGMENT              # CS
        pushl $0
        iret

        .code16
v86_code:
        movw $0x1234, %ax
        pushw %ax
        popw %bx
        movw %ds, %cx
        movw %fs, %dx
        movw %cs, %si
        cli
        sti
        pushfw
        inb $0x60, %al
        int $0x40
        hlt                             # ends it
v86_code_end:
        .code32

        .set FRAME_ESI, 4               # what PUSHAL and the exception push
        .set FRAME_EBX, 16
        .set FRAME_EDX, 20
        .set FRAME_ECX, 24
        .set FRAME_EAX, 28
        .set FRAME_ERROR, 32
        .set FRAME_EIP, 36
        .set FRAME_CS, 40
        .set FRAME_EFLAGS, 44
        .set FRAME_ESP, 48
        .set FRAME_SS, 52
        .set FRAME_ES, 56
        .set FRAME_DS, 60
        .set FRAME_FS, 64
        .set FRAME_GS, 68

# #GP in virtual-8086 mode: says which instruction, and skips it.
v86_monitor:
        pushal
        movl %esp, %ebp
        movw %ds, %cx                   # null
        movw %fs, %dx
        movl $DATA, %eax
        movl %eax, %ds
        movl %eax, %es
        movl FRAME_EIP(%ebp), %esi
        say 32, "v86: #GP error "
        show 32, FRAME_ERROR(%ebp), 4
        say 32, " ip "
        show 32, %esi, 4
        movzbl (V86_SEGMENT << 4)(%esi), %ebx
        say 32, " opcode "
        show 32, %ebx, 2
        say 32, "\n"
        cmpb $0xf4, %bl
        je v86_end
        incl FRAME_EIP(%ebp)
        cmpb $0xe4, %bl                 # IN AL, imm8 and INT imm8 have two bytes
        je 1f
        cmpb $0xcd, %bl
        jne 2f
1:      incl FRAME_EIP(%ebp)
2:      popal
        addl $4, %esp
        iret

.macro frame_word name, offset
        say 32, "\name "
        show 32, \offset(%ebp), 4
.endm

v86_end:
        frame_word "  ax", FRAME_EAX
        frame_word " bx", FRAME_EBX
        frame_word " cx", FRAME_ECX
        frame_word " dx", FRAME_EDX
        frame_word " si", FRAME_ESI
        frame_word "\n  cs", FRAME_CS
        frame_word " ss", FRAME_SS
        frame_word " sp", FRAME_ESP
        frame_word " es", FRAME_ES
        frame_word " ds", FRAME_DS
        frame_word " fs", FRAME_FS
        frame_word " gs", FRAME_GS
        movl FRAME_EFLAGS(%ebp), %eax
        andl $~0x8d5, %eax              # without the arithmetic flags
        say 32, " eflags "
        show 32, %eax, 8
        say 32, "\n  in the monitor: ds "
        show 32, %ecx, 4
        say 32, " fs "
        show 32, %edx, 4
        say 32, " esp "
        show 32, %ebp, 8
        say 32, "\n"
        end 32

# --- the tasks

jump_task:
        say 32, "jump task"
        call show_state
        incl %ecx                       # survives in the TSS
        say 32, "  ecx "
        show 32, %ecx, 8
        movl main_tss + TSS_EBX, %eax
        say 32, ", main's ebx "
        show 32, %eax, 8
        say 32, "\n"
        movl $0x33333333, %ebx
        ljmp $MAIN_TASK, $0
        jmp jump_task

call_task:
        say 32, "call task"
        call show_state
        movl $0x44444444, %ebx
        iret
        jmp call_task

# The error code is on this task's stack.
fault_task:
        popl %ecx
        say 32, "fault task"
        call show_state
        say 32, "  error "
        show 32, %ecx, 4
        say 32, " eip "
        cmpl $8000b, main_tss + TSS_EIP
        jne 1f
        say 32, "ok\n"
        jmp 2f
1:      show 32, main_tss + TSS_EIP, 8
        say 32, "\n"
2:      movl $8001b, main_tss + TSS_EIP
        iret
        jmp fault_task

# TR, NT, CR0.TS (which is cleared), and the types of the TSS descriptors.
show_state:
        pushl %eax
        say 32, ": tr "
        str %ax
        show 32, %eax, 4
        pushfl
        popl %eax
        shrl $14, %eax
        say 32, " nt "
        andl $1, %eax
        show 32, %eax, 1
        movl %cr0, %eax
        shrl $3, %eax
        say 32, " ts "
        andl $1, %eax
        show 32, %eax, 1
        clts
        say 32, " "
        popl %eax

# 9 available, b busy.
show_types:
        pushl %eax
        say 32, " types"
        .irp selector, MAIN_TASK, JUMP_TASK, CALL_TASK, FAULT_TASK
        say 32, " "
        movb gdt + \selector + 5, %al
        show 32, %eax, 1
        .endr
        say 32, "\n"
        popl %eax
        ret

build_idt:
        movl $IDT, %edi
        movl $GATE_COUNT * 2, %ecx
        xorl %eax, %eax
        cld
        rep stosl
        movl $FAULT_TASK << 16, IDT + 13 * 8
        movl $0x8500, IDT + 13 * 8 + 4
        movl $CALL_TASK << 16, IDT + 0x31 * 8
        movl $0x8500, IDT + 0x31 * 8 + 4
        movl $enter_v86, %eax
        movl $IDT + 0x30 * 8, %edi
        movb $0xee, %dl
interrupt_gate:
        movw %ax, (%edi)
        movw $CODE, 2(%edi)
        movb $0, 4(%edi)
        movb %dl, 5(%edi)
        shrl $16, %eax
        movw %ax, 6(%edi)
        ret

        serial_routines 32

        .data

.macro tss name, eip, esp
        .balign 8
\name:
        .long 0                         # link
        .long 0x7800, DATA, 0, 0, 0, 0  # SS0:ESP0 and those for rings 1 and 2
        .long 0                         # CR3
        .long \eip, 2                   # EFLAGS
        .long 0, 0, 0, 0, \esp, 0, 0, 0 # EAX ECX EDX EBX ESP EBP ESI EDI
        .long DATA, CODE, DATA, DATA, DATA, DATA        # ES CS SS DS FS GS
        .long 0                         # LDTR
        .word 0, 0x68                   # no I/O map
.endm

        tss main_tss, 0, 0
        tss jump_tss, jump_task, 0x7400
        tss call_tss, call_task, 0x7000
        tss fault_tss, fault_task, 0x6800

        .balign 8
gdt:    .quad 0
        flat_descriptor 0x9b, 0xc       # CODE
        flat_descriptor 0x93, 0xc       # DATA
        flat_descriptor 0xfb, 0xc       # CODE3
        flat_descriptor 0xf3, 0xc       # DATA3
        descriptor main_tss, 0x67, 0x89, 0
        descriptor jump_tss, 0x67, 0x89, 0
        descriptor call_tss, 0x67, 0x89, 0
        descriptor fault_tss, 0x67, 0x89, 0
        .word gate_target, CODE         # CALL_GATE: two parameters, DPL 3
        .byte 2, 0xec, 0, 0
        descriptor ldt, 7, 0x82, 0      # LDT
        flat_descriptor 0x9f, 0xc       # CONFORMING
        .word 0, CALL_TASK, 0x8500, 0   # TASK_GATE
gdt_end:
ldt:    descriptor ldt_data, 3, 0x93, 4
gdt_pointer:
        .word gdt_end - gdt - 1
        .long gdt
idt_pointer:
        .word GATE_COUNT * 8 - 1
        .long IDT
        .balign 4
ldt_data:
        .long 0x600dda7a

# The monitor of comparison guests in long mode: as monitor32.s, with its own paging structures while
# no case runs. Every vector has a stack of its own through IST1, whatever a case does to its stack.

        .intel_syntax noprefix
        .include "layout.s"

        .set current, VARIABLES
        .set index, VARIABLES + 8
        .set pointer, VARIABLES + 16

# A case, as image.ts writes it.
        .struct 0
case_bytes:     .struct case_bytes + 8
case_kind:      .struct case_kind + 8
case_cr0:       .struct case_cr0 + 8
case_cr3:       .struct case_cr3 + 8
case_cr4:       .struct case_cr4 + 8
case_efer:      .struct case_efer + 8
case_dr:        .struct case_dr + 48            # DR0-DR3, DR6, DR7
case_ldtr:      .struct case_ldtr + 8
case_tr:        .struct case_tr + 8
case_ds:        .struct case_ds + 8
case_es:        .struct case_es + 8
case_fs:        .struct case_fs + 8
case_gs:        .struct case_gs + 8
case_ss:        .struct case_ss + 8
case_rsp:       .struct case_rsp + 8
case_rflags:    .struct case_rflags + 8
case_cs:        .struct case_cs + 8
case_rip:       .struct case_rip + 8
case_gpr:       .struct case_gpr + 128          # as instructions encode them
case_msrs:      .struct case_msrs + 56          # FS, GS, kernel GS base; STAR, LSTAR, CSTAR, FMASK
case_sysenter:  .struct case_sysenter + 24
case_gdt:       .struct case_gdt + 16           # limit, base
case_idt:       .struct case_idt + 16
case_patches:   .struct case_patches + 8

        .text
        .code32
start:  jmp 1f
        .org 8
first:  .long 0
count:  .long 0
1:      mov esp, STACK
        mask_interrupts
        fill_with_int3
# PML4, PDPT and a directory of eight large pages: 16 MiB, identity.
        mov edi, MONITOR_TABLES
        xor eax, eax
        mov ecx, 0x3000 / 4
        rep stosd
        mov dword ptr [MONITOR_TABLES], MONITOR_TABLES + 0x1003
        mov dword ptr [MONITOR_TABLES + 0x1000], MONITOR_TABLES + 0x2003
        mov edi, MONITOR_TABLES + 0x2000
        mov eax, 0x83
        mov ecx, 8
1:      mov [edi], eax
        add eax, 0x200000
        add edi, 8
        loop 1b
        mov eax, 0x20
        mov cr4, eax
        mov eax, MONITOR_TABLES
        mov cr3, eax
        mov ecx, IA32_EFER
        mov eax, 0xd01 & ~0x400
        xor edx, edx
        wrmsr
        mov eax, 0x80000011
        mov cr0, eax
        lgdt [gdt_pointer]
        .byte 0xea
        .long 1f
        .word CODE0
        .balign 8
gdt:    .quad 0
        .quad 0x00af9b000000ffff
        .quad 0x00cf93000000ffff
gdt_pointer:
        .word 23
        .quad gdt

        .code64
1:      mov ebx, CASES
        mov ecx, [first]
        jecxz 2f
1:      add rbx, [rbx + case_bytes]
        loop 1b
2:      mov [current], rbx
        mov eax, [first]
        mov [index], rax

next:   mov esp, STACK
        push 2
        popfq
        lgdt [gdt_pointer]
        push CODE0
        push offset 1f
        retfq
1:      mov eax, DATA0
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov rax, [index]
        cmp eax, [count]
        je finished
        mov rbx, [current]

# --- the arena
        mov esi, BASE
        mov edi, ARENA
        mov ecx, ARENA_BYTES / 8
        rep movsq
        lea rsi, [rbx + case_patches + 8]
        mov rdx, [rbx + case_patches]
1:      dec rdx
        js 2f
        lodsd
        mov edi, eax
        lodsd
        mov ecx, eax
        rep movsb
        add esi, 3
        and esi, -4
        jmp 1b
2:      mov esi, ARENA
        mov edi, SNAPSHOT
        mov ecx, ARENA_BYTES / 8
        rep movsq

# --- the registers
        fninit
        mov ecx, IA32_EFER
        lea rsi, [rbx + case_efer]
        call write_msr
        mov ecx, IA32_SYSENTER_CS
        lea rsi, [rbx + case_sysenter]
        call write_msr
        call write_msr
        call write_msr
        mov ecx, 0xc0000081             # STAR, LSTAR, CSTAR, FMASK
        lea rsi, [rbx + case_msrs + 24]
        call write_msr
        call write_msr
        call write_msr
        call write_msr
        mov ax, [rbx + case_gdt]
        mov [pointer], ax
        mov rax, [rbx + case_gdt + 8]
        mov [pointer + 2], rax
        lgdt [pointer]
        mov ax, [rbx + case_idt]
        mov [pointer], ax
        mov rax, [rbx + case_idt + 8]
        mov [pointer + 2], rax
        lidt [pointer]
        lldt [rbx + case_ldtr]
        ltr [rbx + case_tr]
        mov rax, [rbx + case_cr3]
        mov cr3, rax
        mov rax, [rbx + case_cr4]
        mov cr4, rax
        mov rax, [rbx + case_cr0]
        mov cr0, rax
        xor eax, eax
        mov cr2, rax
        mov cr8, rax
        mov rax, [rbx + case_dr]
        mov dr0, rax
        mov rax, [rbx + case_dr + 8]
        mov dr1, rax
        mov rax, [rbx + case_dr + 16]
        mov dr2, rax
        mov rax, [rbx + case_dr + 24]
        mov dr3, rax
        mov rax, [rbx + case_dr + 32]
        mov dr6, rax
        mov rax, [rbx + case_dr + 40]
        mov dr7, rax
        mov es, [rbx + case_es]
        mov fs, [rbx + case_fs]
        mov gs, [rbx + case_gs]
        mov ecx, IA32_FS_BASE
        lea rsi, [rbx + case_msrs]
        call write_msr
        call write_msr
        call write_msr
        push [rbx + case_ss]
        push [rbx + case_rsp]
        push [rbx + case_rflags]
        push [rbx + case_cs]
        push [rbx + case_rip]
        mov ds, [rbx + case_ds]
        mov rax, [rbx + case_gpr]
        mov rcx, [rbx + case_gpr + 8]
        mov rdx, [rbx + case_gpr + 16]
        mov rbp, [rbx + case_gpr + 40]
        mov rsi, [rbx + case_gpr + 48]
        mov rdi, [rbx + case_gpr + 56]
        mov r8, [rbx + case_gpr + 64]
        mov r9, [rbx + case_gpr + 72]
        mov r10, [rbx + case_gpr + 80]
        mov r11, [rbx + case_gpr + 88]
        mov r12, [rbx + case_gpr + 96]
        mov r13, [rbx + case_gpr + 104]
        mov r14, [rbx + case_gpr + 112]
        mov r15, [rbx + case_gpr + 120]
        mov rbx, [rbx + case_gpr + 24]
        iretq

# (RSI, ECX) the MSR is what RSI points at; both move on.
write_msr:
        lodsd
        mov edi, eax
        lodsd
        mov edx, eax
        mov eax, edi
        wrmsr
        inc ecx
        ret

# (ECX, RDI) the MSR is added to the report; ECX moves on.
read_msr:
        rdmsr
        stosd
        mov eax, edx
        stosd
        inc ecx
        ret

        .org STUBS
        .set vector, 0
    .rept 256
        .balign 16
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17)
        push 0
    .endif
        .byte 0x68
        .long vector
        jmp ended
        .set vector, vector + 1
    .endr

ended:  push rax
        push rcx
        push rdx
        push rbx
        push rbp
        push rsi
        push rdi
        push r8
        push r9
        push r10
        push r11
        push r12
        push r13
        push r14
        push r15
        cld
        mov edi, OUT
        mov eax, 0xcace0000
        or eax, [index]
        stosq
        mov rsi, rsp
        mov ecx, 22
        rep movsq
        mov eax, ds
        stosq
        mov eax, es
        stosq
        mov eax, fs
        stosq
        mov eax, gs
        stosq
        mov eax, ss
        stosq
        mov rax, rsp
        stosq
        mov rax, cr0
        stosq
        mov rax, cr2
        stosq
        mov rax, cr3
        stosq
        mov rax, cr4
        stosq
        mov rax, cr8
        stosq
        mov ecx, IA32_EFER
        call read_msr
        mov ecx, IA32_FS_BASE
        call read_msr
        call read_msr
        call read_msr
        mov ecx, 0xc0000081
        call read_msr
        call read_msr
        call read_msr
        call read_msr
        mov ecx, IA32_SYSENTER_CS
        call read_msr
        call read_msr
        call read_msr
        mov rax, dr0
        stosq
        mov rax, dr1
        stosq
        mov rax, dr2
        stosq
        mov rax, dr3
        stosq
        mov rax, dr6
        stosq
        mov rax, dr7
        stosq
        xor eax, eax
        sldt ax
        stosq
        str ax
        stosq
        xor eax, eax
        mov [rdi], rax
        mov [rdi + 8], rax
        mov [rdi + 16], rax
        mov [rdi + 24], rax
        sgdt [rdi]
        sidt [rdi + 16]
        add rdi, 32
# Back to a machine that can be relied on.
        mov eax, 0x400
        mov dr7, rax
        mov eax, MONITOR_TABLES
        mov cr3, rax
        mov eax, 0x80000011
        mov cr0, rax
        mov eax, 0x20
        mov cr4, rax
        mov eax, DATA0
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov esp, STACK

# --- what it changed
        mov rbx, rdi                    # the number of changes goes here
        add rdi, 8
        mov rdx, rdi
        mov esi, SNAPSHOT
        mov edi, ARENA
        mov ecx, ARENA_BYTES / 4
        xor ebp, ebp
1:      repe cmpsd
        je 2f
        inc ebp
        cmp ebp, CHANGES_MAX
        ja 3f
        lea eax, [edi - 4]
        mov [rdx], eax
        mov eax, [edi - 4]
        mov [rdx + 4], eax
        add rdx, 8
3:      test ecx, ecx
        jnz 1b
2:      mov [rbx], rbp
        mov rcx, rdx
        mov esi, OUT
        sub rcx, rsi
        mov dx, DEBUG_PORT
        rep outsb
        inc qword ptr [index]
        mov rbx, [current]
        add rbx, [rbx + case_bytes]
        mov [current], rbx
        jmp next

finished:
        mov esi, offset last_words
        mov ecx, 4
        mov dx, DEBUG_PORT
        rep outsb
        end_of_machine

        .balign 4
last_words:
        .long 0xe0f0e0f0
        .org BASE - IMAGE

# The monitor of comparison guests in 32-bit modes: for each case it prepares the arena and the
# registers, enters the case, and reports the whole state in which an exception or interrupt ended it.
#
# A case is code amid INT3s, so that wherever it leads something ends it. Handlers are interrupt gates
# to here; the double fault is a task of its own, because a case's stack may be unusable.

        .intel_syntax noprefix
        .include "layout.s"

        .set CODE32_DF_TSS, 0x30

# A case, as image.ts writes it.
        .struct 0
case_bytes:     .struct case_bytes + 4
case_kind:      .struct case_kind + 4           # 0 ring 0, 1 outer rings, 2 virtual-8086 mode
case_cr0:       .struct case_cr0 + 4
case_cr3:       .struct case_cr3 + 4
case_cr4:       .struct case_cr4 + 4
case_efer:      .struct case_efer + 4
case_dr:        .struct case_dr + 24            # DR0-DR3, DR6, DR7
case_ldtr:      .struct case_ldtr + 4
case_tr:        .struct case_tr + 4
case_ds:        .struct case_ds + 4
case_es:        .struct case_es + 4
case_fs:        .struct case_fs + 4
case_gs:        .struct case_gs + 4
case_ss:        .struct case_ss + 4
case_esp:       .struct case_esp + 4
case_eflags:    .struct case_eflags + 4
case_cs:        .struct case_cs + 4
case_eip:       .struct case_eip + 4
case_gpr:       .struct case_gpr + 32           # as POPA takes them: EDI first
case_sysenter:  .struct case_sysenter + 12
case_gdt:       .struct case_gdt + 8            # limit, base
case_idt:       .struct case_idt + 8
case_patches:   .struct case_patches + 4        # how many; then address, length, bytes

        .set current, VARIABLES
        .set index, VARIABLES + 4
        .set pointer, VARIABLES + 8

        .text
        .code32
start:  jmp 1f
        .org 8
first:  .long 0                         # written by image.ts: the first case to run, and how many
count:  .long 0
1:      mov esp, STACK
        mask_interrupts
        fill_with_int3
        mov ebx, CASES
        mov ecx, first
        jecxz 2f
1:      add ebx, [ebx + case_bytes]
        loop 1b
2:      mov [current], ebx
        mov eax, first
        mov [index], eax

next:   mov esp, STACK
        push 2
        popfd
        cld
        mov eax, [index]
        cmp eax, count
        je finished
        mov ebx, [current]

# --- the arena
        mov esi, BASE
        mov edi, ARENA
        mov ecx, ARENA_BYTES / 4
        rep movsd
        lea esi, [ebx + case_patches + 4]
        mov edx, [ebx + case_patches]
1:      dec edx
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
        mov ecx, ARENA_BYTES / 4
        rep movsd

# --- the registers; paging is off
        fninit
        mov ecx, IA32_EFER
        mov eax, [ebx + case_efer]
        xor edx, edx
        wrmsr
        mov ecx, IA32_SYSENTER_CS
        mov eax, [ebx + case_sysenter]
        wrmsr
        inc ecx
        mov eax, [ebx + case_sysenter + 4]
        wrmsr
        inc ecx
        mov eax, [ebx + case_sysenter + 8]
        wrmsr
        mov eax, [ebx + case_cr3]
        mov cr3, eax
        mov eax, [ebx + case_cr4]
        mov cr4, eax
        mov ax, [ebx + case_gdt]
        mov [pointer], ax
        mov eax, [ebx + case_gdt + 4]
        mov [pointer + 2], eax
        lgdt [pointer]
        mov ax, [ebx + case_idt]
        mov [pointer], ax
        mov eax, [ebx + case_idt + 4]
        mov [pointer + 2], eax
        lidt [pointer]
        lldt [ebx + case_ldtr]
        ltr [ebx + case_tr]
        mov eax, [ebx + case_cr0]
        mov cr0, eax
        jmp 1f
1:      xor eax, eax
        mov cr2, eax
        mov eax, [ebx + case_dr]
        mov dr0, eax
        mov eax, [ebx + case_dr + 4]
        mov dr1, eax
        mov eax, [ebx + case_dr + 8]
        mov dr2, eax
        mov eax, [ebx + case_dr + 12]
        mov dr3, eax
        mov eax, [ebx + case_dr + 16]
        mov dr6, eax
        mov eax, [ebx + case_dr + 20]
        mov dr7, eax
        cmp dword ptr [ebx + case_kind], 1
        jb enter_ring0
        je enter_outer
        push [ebx + case_gs]
        push [ebx + case_fs]
        push [ebx + case_ds]
        push [ebx + case_es]
enter_outer:
        push [ebx + case_ss]
        push [ebx + case_esp]
        jmp 1f
enter_ring0:
        mov ss, [ebx + case_ss]
        mov esp, [ebx + case_esp]
1:      push [ebx + case_eflags]
        push [ebx + case_cs]
        push [ebx + case_eip]
        cmp dword ptr [ebx + case_kind], 2
        je 2f
        mov es, [ebx + case_es]
        mov fs, [ebx + case_fs]
        mov gs, [ebx + case_gs]
        mov edi, [ebx + case_gpr]
        mov esi, [ebx + case_gpr + 4]
        mov ebp, [ebx + case_gpr + 8]
        mov edx, [ebx + case_gpr + 20]
        mov ecx, [ebx + case_gpr + 24]
        mov eax, [ebx + case_gpr + 28]
        push [ebx + case_gpr + 16]
        mov ds, [ebx + case_ds]
        pop ebx
        iretd
2:      mov edi, [ebx + case_gpr]
        mov esi, [ebx + case_gpr + 4]
        mov ebp, [ebx + case_gpr + 8]
        mov edx, [ebx + case_gpr + 20]
        mov ecx, [ebx + case_gpr + 24]
        mov eax, [ebx + case_gpr + 28]
        mov ebx, [ebx + case_gpr + 16]
        iretd

# --- what ended it
        .org DOUBLE_FAULT               # the task that IDT entry 8 names
        push 8
        jmp ended

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

        .set FRAME_CS, 4 * 15           # on the stack behind what is saved
        .set FRAME_EFLAGS, 4 * 16
ended:  pushad
        mov eax, ds
        push eax
        mov eax, es
        push eax
        mov eax, fs
        push eax
        mov eax, gs
        push eax
        mov eax, DATA0
        mov ds, eax
        mov es, eax
        mov ebp, esp
        mov edx, ss
        lar eax, edx
        test eax, 1 << 22               # a stack of 16 bits?
        jnz 1f
        movzx ebp, bp
1:      mov edi, OUT
        cld
        mov eax, 0xcace0000
        or eax, [index]
        stosd
# How much the frame holds: EIP, CS, EFLAGS; from outer rings SS:ESP; from virtual-8086 mode four more.
        mov ecx, 17
        test byte ptr [ebp + FRAME_EFLAGS + 2], 2
        jz 1f
        mov ecx, 23
        jmp 2f
1:      test byte ptr [ebp + FRAME_CS], 3
        jz 2f
        mov ecx, 19
2:      mov eax, ecx
        stosd
        mov esi, ebp
1:      lods eax, dword ptr ss:[esi]
        stosd
        loop 1b
        mov eax, edx                    # SS and ESP as the handler has them
        stosd
        mov eax, ebp
        stosd
        mov eax, cr0
        stosd
        mov eax, cr2
        stosd
        mov eax, cr3
        stosd
        mov eax, cr4
        stosd
        mov ecx, IA32_EFER
        rdmsr
        stosd
        mov ecx, IA32_FS_BASE
        rdmsr
        stosd
        inc ecx
        rdmsr
        stosd
        mov eax, dr6
        stosd
        mov eax, dr7
        stosd
        sldt eax
        stosd
        str eax
        stosd
        xor eax, eax
        mov [edi], eax
        mov [edi + 4], eax
        mov [edi + 8], eax
        mov [edi + 12], eax
        sgdt [edi]
        sidt [edi + 8]
        add edi, 16
# Back to a machine that can be relied on.
        mov eax, 0x400
        mov dr7, eax
        mov eax, 0x11
        mov cr0, eax
        jmp 1f
1:      xor eax, eax
        mov cr4, eax
        mov ax, DATA0
        mov ss, eax
        mov esp, STACK
        mov fs, eax
        mov gs, eax

# --- what it changed
        mov ebx, edi                    # the number of changes goes here
        add edi, 4
        push edi
        mov edx, edi
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
        mov [edx], eax
        mov eax, [edi - 4]
        mov [edx + 4], eax
        add edx, 8
3:      test ecx, ecx
        jnz 1b
2:      mov [ebx], ebp
        mov ecx, edx
        mov esi, OUT
        sub ecx, esi
        mov dx, DEBUG_PORT
        rep outsb
        inc dword ptr [index]
        mov ebx, [current]
        add ebx, [ebx + case_bytes]
        mov [current], ebx
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

# paging32: two-level paging with 4 KiB and 4 MiB pages: accessed and dirty bits, rights, INVLPG, and
# what a page fault leaves. (SDM Vol. 3A, 4.3, 4.6, 4.8 and 4.10.)

        .include "tiny.inc"

        .set CODE, 0x08
        .set DATA, 0x10
        .set CODE3, 0x18 + 3
        .set DATA3, 0x20 + 3
        .set TASK, 0x28
        .set IDT, 0x10000
        .set DIRECTORY, 0x11000
        .set LOW_TABLE, 0x12000         # 0-4 MiB, where they are
        .set TABLE, 0x13000             # WINDOW
        .set WINDOW, 0x40000000
        .set LARGE, 0x80000000          # a 4 MiB page, to physical 0x400000
        .set LARGE_SUPERVISOR, 0xc0000000       # likewise, but not for ring 3

        .set WINDOW_ENTRY, DIRECTORY + (WINDOW >> 22) * 4
        .set LARGE_ENTRY, DIRECTORY + (LARGE >> 22) * 4
        .set LARGE_SUPERVISOR_ENTRY, DIRECTORY + (LARGE_SUPERVISOR >> 22) * 4

        real_mode_start
        lgdt gdt_pointer
        movl %cr0, %eax
        orl $CR0_PE, %eax
        movl %eax, %cr0
        ljmpl $CODE, $protected

        .code32

# The low 12 bits of a table entry.
.macro entry name, address
        say 32, "\name: "
        show 32, \address, 3
        say 32, "\n"
.endm

# An access that may fault; if it does, the handler says how and goes on behind it.
.macro access name, instruction:vararg
        say 32, "\name: "
        movl $8001f, resume_eip
        \instruction
        say 32, "ok\n"
8001:
.endm

protected:
        movl $DATA, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        movl $TASK, %eax
        ltr %ax
        call build_idt
        lidt idt_pointer
        movl $DIRECTORY, %edi           # clears all three
        movl $0x3000 / 4, %ecx
        xorl %eax, %eax
        rep stosl
        movl $LOW_TABLE, %edi
        movl $1024, %ecx
        movl $0x7, %eax
1:      stosl
        addl $0x1000, %eax
        loop 1b
        movl $LOW_TABLE + 7, DIRECTORY
        movl $TABLE + 7, WINDOW_ENTRY
        movl $0x00400000 + 0x87, LARGE_ENTRY
        movl $0x00400000 + 0x83, LARGE_SUPERVISOR_ENTRY
        movl $0x200000 + 7, TABLE + 0   # user, writable
        movl $0x201000 + 7, TABLE + 4
        movl $0x202000 + 1, TABLE + 8   # supervisor, read-only
        movl $0x203000 + 5, TABLE + 12  # user, read-only
        movl $0x204000 + 3, TABLE + 16  # supervisor, writable
        movl $0x205000 + 6, TABLE + 20  # not present
        movl $0x11111111, 0x200000      # what is in the frames
        movl $0x22222222, 0x201000
        movl $0x44444444, 0x400123
        movl $DIRECTORY, %eax
        movl %eax, %cr3
        movl %cr4, %eax
        orl $CR4_PSE, %eax
        movl %eax, %cr4
        movl %cr0, %eax
        orl $CR0_PG, %eax
        movl %eax, %cr0

        say 32, "accessed and dirty\n"
        entry "  untouched", TABLE
        movl WINDOW, %ebx
        entry "  read", TABLE
        entry "  its table's entry", WINDOW_ENTRY
        movl $0x33333333, WINDOW
        entry "  written", TABLE
        entry "  its table's entry", WINDOW_ENTRY
        entry "  next, untouched", TABLE+4
        movl $0x5555, WINDOW + 0xffe    # straddles
        entry "  next, written across", TABLE+4
        andl $~0x60, TABLE
        movl $WINDOW, %eax
        invlpg (%eax)
        lock orl $0, (%eax)
        entry "  cleared, then lock or", TABLE
        entry "4 MiB page, untouched", LARGE_ENTRY
        movl LARGE + 0x123, %ebx
        entry "4 MiB page, read", LARGE_ENTRY
        movb $0x55, LARGE + 0x3fffff
        entry "4 MiB page, written", LARGE_ENTRY
        say 32, "read there: "
        show 32, %ebx, 8
        say 32, "\n"

        say 32, "another frame after INVLPG: "
        movl $0x201000 + 7, TABLE
        movl $WINDOW, %eax
        invlpg (%eax)
        movl 4(%eax), %ebx              # 0x201004: 0
        movl WINDOW, %ebx
        show 32, %ebx, 8
        say 32, "\nanother frame after loading CR3: "
        movl $0x200000 + 7, TABLE
        movl %cr3, %eax
        movl %eax, %cr3
        movl WINDOW, %ebx
        show 32, %ebx, 8
        say 32, "\n"

        say 32, "ring 0, WP clear\n"
        access "  write to read-only", movl %ebx, WINDOW + 0x2000
        entry "  its entry", TABLE+8
        access "  write to user read-only", movl %ebx, WINDOW + 0x3000
        access "  read of not present", movl WINDOW + 0x5010, %eax
        access "  read where there is no table", movl WINDOW + 0x400000, %eax
        movl %cr0, %eax
        orl $CR0_WP, %eax
        movl %eax, %cr0
        andl $~0x60, TABLE + 8
        andl $~0x60, TABLE + 12
        movl %cr3, %eax
        movl %eax, %cr3
        say 32, "ring 0, WP set\n"
        access "  write to read-only", movl %ebx, WINDOW + 0x2000
        testl $0x40, TABLE + 8          # not dirty; whether accessed is not promised
        jz 1f
        say 32, "  dirty!\n"
1:      access "  write to user read-only", movl %ebx, WINDOW + 0x3000
        access "  read of read-only", movl WINDOW + 0x2000, %eax

        pushl $DATA3
        pushl $0x6c00
        pushl $0x3002                   # IOPL 3, for the console
        pushl $CODE3
        pushl $user
        iret

user:
        movl $DATA3, %eax
        movl %eax, %ds
        movl %eax, %es
        say 32, "ring 3\n"
        access "  write to user", movl %ebx, WINDOW
        access "  write to user read-only", movl %ebx, WINDOW + 0x3000
        access "  read of supervisor", movl WINDOW + 0x4000, %eax
        access "  write to supervisor read-only", movl %ebx, WINDOW + 0x2000
        access "  write to not present", movl %ebx, WINDOW + 0x5000
        access "  add to user read-only", addl $1, WINDOW + 0x3000
        access "  rep movsl into read-only", call movs_across
        say 32, "    ecx "
        show 32, %ecx, 8
        say 32, " esi "
        show 32, %esi, 8
        say 32, " edi "
        show 32, %edi, 8
        say 32, "\n"
        access "  write to a supervisor 4 MiB page", movb $3, LARGE_SUPERVISOR + 5
        int $0x30

# Copies from two dwords before the end of a page it may write to into one it may not.
movs_across:
        cld
        popl %eax                       # the fault handler does not come back here
        movl $WINDOW, %esi
        movl $WINDOW + 0x1ff8, %edi
        movl $8, %ecx
        rep movsl
        jmp *%eax

finish:
        movl $DATA, %eax
        movl %eax, %ds
        movl %eax, %es
        movl $0x7c00, %esp
        say 32, "ring 0\n"
        movl $0x200000 + 0x67, TABLE    # as it is, without paging
        movl %cr0, %eax
        andl $~CR0_PG, %eax
        movl %eax, %cr0
        say 32, "paging off: "
        show 32, 0x200000, 8
        say 32, "\n"
        end 32

# The page fault handler.
page_fault:
        pushal
        pushl %ds
        movl $DATA, %eax
        movl %eax, %ds
        movl %esp, %ebp
        say 32, "#PF error "
        show 32, 36(%ebp), 4
        say 32, " cr2 "
        movl %cr2, %eax
        show 32, %eax, 8
        testb $3, 44(%ebp)
        jz 1f
        say 32, " ring 3"
1:      say 32, "\n"
        movl resume_eip, %eax
        movl %eax, 40(%ebp)
        popl %ds
        popal
        addl $4, %esp
        iret

build_idt:
        movl $IDT, %edi
        movl $0x31 * 2, %ecx
        xorl %eax, %eax
        rep stosl
        movl $page_fault, %eax
        movl $IDT + 14 * 8, %edi
        movb $0x8e, %bl
        call gate
        movl $finish, %eax
        movl $IDT + 0x30 * 8, %edi
        movb $0xee, %bl
gate:   movw %ax, (%edi)
        movw $CODE, 2(%edi)
        movb $0, 4(%edi)
        movb %bl, 5(%edi)
        shrl $16, %eax
        movw %ax, 6(%edi)
        ret

        serial_routines 32

        .data
        .balign 8
gdt:    .quad 0
        flat_descriptor 0x9b, 0xc       # CODE
        flat_descriptor 0x93, 0xc       # DATA
        flat_descriptor 0xfb, 0xc       # CODE3
        flat_descriptor 0xf3, 0xc       # DATA3
        descriptor tss, 0x67, 0x89, 0   # TASK
gdt_end:
gdt_pointer:
        .word gdt_end - gdt - 1
        .long gdt
idt_pointer:
        .word 0x31 * 8 - 1
        .long IDT
        .balign 4
resume_eip:
        .long 0
tss:    .long 0, 0x7800, DATA           # link, ESP0, SS0
        .fill 22, 4, 0
        .word 0, 0x68

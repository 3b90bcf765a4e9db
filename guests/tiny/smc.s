# smc: code that writes code. (SDM Vol. 3A, 8.1.3 and 11.6; processors since the P6 see a write to
# code through the same linear address at the next instruction, whatever was prefetched.)
#
# Each check prints its name and "ok", or what it got instead.

        .include "tiny.inc"

        .set CODE32, 0x08
        .set DATA32, 0x10
        .set BUFFER, 0x20000            # functions are put together here
        .set ALIAS, 0x40000000          # the buffer once more, through paging
        .set PAGE_DIRECTORY, 0x10000
        .set IDENTITY_TABLE, 0x11000
        .set ALIAS_TABLE, 0x12000

        real_mode_start
        lgdt gdt_pointer
        movl %cr0, %eax
        orl $CR0_PE, %eax
        movl %eax, %cr0
        ljmpl $CODE32, $protected

        .code32

# EAX holds the result.
.macro check name, expected
        say 32, "\name: "
        movl $\expected, %ecx
        call verdict
.endm

protected:
        movl $DATA32, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss

        # The next instruction's immediate, from two to five bytes ahead.
        movb $7, 1f + 1
1:      movb $0, %al
        movzbl %al, %eax
        check "next instruction", 7

        # The opcode of the next instruction: INC becomes DEC.
        movl $100, %eax
        movb $0x48, 1f
1:      .byte 0x40                      # incl %eax
        check "next opcode", 99

        # An instruction that changes its own immediate runs to its end as it was fetched.
        movl $4, %ecx
1:      addb $1, 1b + 6                 # 80 /0, a 32-bit address, the immediate
        loop 1b
        movzbl 1b + 6, %eax
        check "own immediate", 16

        # A counter inside the loop's own code.
        xorl %eax, %eax
        movl $1000, %ecx
1:      addl $0, %eax                   # 83 /0 ib: the byte is sign-extended
        incb 1b + 2
        loop 1b
        check "counter in the loop", 0xffffff2c

        # A loop that patches its body every 16th round only: long enough to count as hot.
        xorl %eax, %eax
        xorl %ebx, %ebx
        movl $20000, %ecx
        movl $0, 2f + 1
1:      incl %ebx
        testl $15, %ebx
        jnz 2f
        movl %ebx, 2f + 1
2:      movl $0, %edx
        addl %edx, %eax
        loop 1b
        check "hot loop", 0x0be99f20

        # REP MOVSB over the instructions that follow it.
        movl $3f, %esi
        movl $1f, %edi
        movl $2f - 1f, %ecx
        rep movsb
1:      movl $1, %eax
2:      jmp 4f
3:      movl $2, %eax
4:      check "string store ahead", 2

        # A function that is called, replaced, and called again.
        movl $BUFFER, %edi
        movb $0xb8, (%edi)              # movl $imm, %eax
        movl $0x1111, 1(%edi)
        movb $0xc3, 5(%edi)             # ret
        call *%edi
        movl %eax, %ebx
        movl $0x2222, 1(%edi)
        call *%edi
        addl %ebx, %eax
        check "function replaced", 0x3333

        # An instruction across two pages, of which the second is written.
        movl $BUFFER + 0xffd, %edi
        movb $0xb8, (%edi)
        movl $0x00010101, 1(%edi)
        movb $0xc3, 5(%edi)
        call *%edi
        movl %eax, %ebx
        movw $0x0202, 3(%edi)           # its last two bytes, on the second page
        call *%edi
        subl %ebx, %eax
        check "across pages", 0x02010000

        # A write that straddles two pages of code and changes a function on each.
        movl $BUFFER + 0xffa, %edi
        movb $0xb8, (%edi)              # movl $imm, %eax
        movl $0, 1(%edi)
        movb $0xc3, 5(%edi)             # ret; ends the first page
        movb $0xb0, 6(%edi)             # movb $imm, %al
        movb $7, 7(%edi)
        movb $0xc3, 8(%edi)
        leal 6(%edi), %esi
        call *%edi
        call *%esi
        movl %eax, %ebx                 # 7
        movl $0x05b4c312, 4(%edi)       # ends the first immediate; movb $5, %ah
        call *%edi
        call *%esi
        addl %ebx, %eax
        check "write across pages", 0x12000507

        # Through another linear address of the same page; CPUID serializes, as the SDM asks for.
        call paging_on
        movl $BUFFER, %edi
        movb $0xb8, (%edi)
        movl $0x0a, 1(%edi)
        movb $0xc3, 5(%edi)
        call *%edi
        movl %eax, %esi
        movl $0xb0, ALIAS + 1
        xorl %eax, %eax
        cpuid
        call *%edi
        addl %esi, %eax
        check "through an alias", 0xba

        # The code stays, its mapping changes: the same address is another function.
        movl $BUFFER + 0x1000, %edx
        movb $0xb8, (%edx)
        movl $0xc0de, 1(%edx)
        movb $0xc3, 5(%edx)
        movl $ALIAS, %edi
        call *%edi
        movl %eax, %esi
        movl $BUFFER + 0x1000 + 3, ALIAS_TABLE
        invlpg (%edi)
        call *%edi
        addl %esi, %eax
        check "mapping changed", 0xc18e

        end 32

# EAX against ECX.
verdict:
        cmpl %ecx, %eax
        je 1f
        show 32, %eax, 8
        say 32, ", not "
        show 32, %ecx, 8
        say 32, "\n"
        ret
1:      say 32, "ok\n"
        ret

# The first 4 MiB where they are, and ALIAS to BUFFER.
paging_on:
        movl $PAGE_DIRECTORY, %edi
        movl $1024, %ecx
        xorl %eax, %eax
        rep stosl
        movl $IDENTITY_TABLE, %edi
        movl $1024, %ecx
        movl $3, %eax
1:      stosl
        addl $0x1000, %eax
        loop 1b
        movl $IDENTITY_TABLE + 3, PAGE_DIRECTORY
        movl $ALIAS_TABLE + 3, PAGE_DIRECTORY + (ALIAS >> 22) * 4
        movl $BUFFER + 3, ALIAS_TABLE
        movl $PAGE_DIRECTORY, %eax
        movl %eax, %cr3
        movl %cr0, %eax
        orl $CR0_PG, %eax
        movl %eax, %cr0
        ret

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

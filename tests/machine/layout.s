# Where things lie in a comparison guest's memory. layout.ts has the same numbers.

        .set IMAGE, 0x100000            # this image, as the ROM's start copies it
        .set DOUBLE_FAULT, 0x3f0        # offsets in the image
        .set STUBS, 0x400               # 16 bytes for each vector
        .set BASE, IMAGE + 0x4000       # what the arena holds before a case's own patches
        .set CASES, BASE + 0x10000
        .set ARENA, 0x20000             # tables, stacks, data and code that a case may see and change
        .set ARENA_BYTES, 0x10000
        .set SNAPSHOT, 0x40000          # the arena as the case began
        .set STACK, 0x18000             # of the monitor, and of exceptions from outer rings
        .set STACK_DF, 0x1b000          # of the double fault's task, and of IST1
        .set OUT, 0x1c000               # what is reported, before it is sent
        .set CHANGES_MAX, 256
        .set VARIABLES, 0x1f000         # of the monitor, on no page with code
        .set MONITOR_TABLES, 0x80000    # the 64-bit monitor's own paging structures

        .set DEBUG_PORT, 0xe9           # QEMU's isa-debugcon, Bochs's port_e9_hack
        .set END_PORT, 0xf4             # QEMU's isa-debug-exit
        .set SHUTDOWN_PORT, 0x8900      # Bochs ends when it reads "Shutdown" here

        .set CODE0, 0x08
        .set DATA0, 0x10

# The IA32_EFER of a case goes to the register; only EDX:EAX and ECX are used.
        .set IA32_EFER, 0xc0000080
        .set IA32_SYSENTER_CS, 0x174
        .set IA32_FS_BASE, 0xc0000100
        .set IA32_GS_BASE, 0xc0000101
        .set IA32_KERNEL_GS_BASE, 0xc0000102

# Both i8259s let nothing in.
.macro mask_interrupts
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
.endm

# Below the stacks, and behind the snapshot: what jumps there by mistake is caught at once.
.macro fill_with_int3
        mov eax, 0xcccccccc
        xor edi, edi
        mov ecx, 0x10000 / 4
        rep stosd
        mov edi, SNAPSHOT + ARENA_BYTES
        mov ecx, 0x20000 / 4
        rep stosd
.endm

# The machine is let go of in every way there is.
.macro end_of_machine
        mov dx, SHUTDOWN_PORT
        .irp letter, 0x53, 0x68, 0x75, 0x74, 0x64, 0x6f, 0x77, 0x6e     # "Shutdown"
        mov al, \letter
        out dx, al
        .endr
        out END_PORT, al
        cli
1:      hlt
        jmp 1b
.endm

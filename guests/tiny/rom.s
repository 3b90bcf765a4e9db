# A 64 KiB ROM around one tiny guest: where the PC starts after reset, copies the guest to 0:7c00
# and jumps there. The Makefile puts the guest's image into build/guest.bin's place (-I).

        .code16
        .text
rom:
        cli
        cld
        movw %cs, %ax                   # 0xf000
        movw %ax, %ds
        xorw %ax, %ax
        movw %ax, %es
        movw $image, %si
        movw $0x7c00, %di
        movw $image_end - image, %cx
        rep movsb
        ljmp $0, $0x7c00

image:
        .incbin "guest.bin"
image_end:

        .org 0xfff0
        ljmp $0xf000, $rom
        .org 0x10000

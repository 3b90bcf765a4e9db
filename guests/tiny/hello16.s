# hello16: the least of guests. Real mode, polled output, the end.

        .include "tiny.inc"

        real_mode_start
        say 16, "Hello\n"
        end 16

        serial_routines 16

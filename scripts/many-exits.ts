/**
 * Writes a boot sector that does hardly anything but exit: four port accesses in seven instructions, and a
 * character on COM1 now and then. For recordings of as many exits as one likes:
 *
 *     node dist/scripts/many-exits.js many.bin
 *     retrovisor record --kernel many.bin --at 0x7c00 -m 2 --until 88M --serial none -o many.retro    # 50.3 M exits
 *     node dist/scripts/key-latency.js many.retro --at start --without '()'
 */

import { writeFileSync } from 'node:fs';

const CODE = [
  0xfa, //                    cli
  ...[0xb9, 0x00, 0x40], // outer: mov cx, 0x4000
  ...[0xba, 0xfd, 0x03], // inner: mov dx, COM1 LSR
  0xec, //                    in al, dx
  ...[0xe6, 0x80], //         out POST, al
  ...[0xe4, 0x61], //         in al, 0x61
  ...[0xe4, 0x40], //         in al, PIT C0
  0x49, //                    dec cx
  ...[0x75, 0xf3], //         jnz inner
  ...[0xba, 0xf8, 0x03], //   mov dx, COM1
  ...[0xb0, 0x2e], //         mov al, '.'
  0xee, //                    out dx, al
  ...[0xeb, 0xe8], //         jmp outer
];

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write('many-exits: expected a file to write\n');
  process.exit(2);
}
const sector = new Uint8Array(512);
sector.set(CODE);
sector.set([0x55, 0xaa], 510);
writeFileSync(path, sector);

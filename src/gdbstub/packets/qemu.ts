/**
 * QEMU's own packets, so that `maintenance packet Qqemu.PhyMemMode:1` works here as there (QEMU,
 * docs/system/gdb.rst). Its single-step masks are answered as what we do: steps see interrupts.
 */

import { E_MALFORMED, errorText, OK, type Packet } from '../packet.ts';

export const qemuPackets: readonly Packet[] = [
  { name: 'qqemu.PhyMemMode', handle: (stub) => (stub.physical ? '1' : '0') },
  {
    name: 'Qqemu.PhyMemMode',
    handle: (stub, args) => {
      if (args !== ':0' && args !== ':1') return E_MALFORMED;
      stub.physical = args === ':1';
      return OK;
    },
  },
  { name: 'qqemu.sstepbits', handle: () => 'ENABLE=1,NOIRQ=2,NOTIMER=4' },
  { name: 'qqemu.sstep', handle: () => '0x1' },
  {
    name: 'Qqemu.sstep',
    handle: (_, args) =>
      /^[:=](0x)?0*1$/.test(args) ? OK : errorText('single steps show interrupts in a recording'),
  },
];

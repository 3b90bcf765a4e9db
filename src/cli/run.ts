/** `retrovisor run`: a guest, without a recording. */

import { type Cli, finish } from './command.ts';
import { duration, plural } from './format.ts';
import { addGuestOptions, guestOptions } from './guest-options.ts';
import { asFailure } from './kvm-guest.ts';
import { planGuest } from './live-guest.ts';
import { ending, NO_HOOKS, runLive, statusAfter } from './live-run.ts';

export function addRun(cli: Cli): void {
  const command = addGuestOptions(
    cli.program.command('run').description('run a guest without recording it'),
  );
  const examples = [
    'retrovisor run --kernel vmlinuz --initrd initrd.gz --append console=ttyS0',
    'retrovisor run --kernel demo.elf -m 32 --until 2G --json --serial none',
  ];
  finish(cli, command, examples, async (_operands, options, output) => {
    const guest = guestOptions(options, 'run');
    const result = await runLive(await planGuest(guest), output, NO_HOOKS).catch((error) => {
      throw asFailure(error);
    });
    const { icount, stateHash, seconds, mips, reason } = result;
    if (guest.accel === 'kvm') {
      // KVM counts no instructions.
      output.document({ exits: icount, stateHash, seconds, reason });
      output.note(`${ending(reason)} after ${plural(icount, 'exit')} in ${duration(seconds)}`);
      return statusAfter(result);
    }
    output.document({ icount, stateHash, seconds, mips, reason });
    output.note(
      `${ending(reason)} after ${plural(icount, 'instruction')} in ${duration(seconds)}, ${mips} MIPS`,
    );
    return statusAfter(result);
  });
}

/** `retrovisor run`: a guest, without a recording. */

import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import { type Cli, finish } from './command.ts';
import { UsageError } from './errors.ts';
import { duration, plural } from './format.ts';
import { addGuestOptions, guestOptions, parseAddress } from './guest-options.ts';
import { asFailure, dirtyText, whereText } from './kvm-guest.ts';
import { gdbAsked, gdbOption, gdbWaitOption, runWithGdb } from './live-gdb.ts';
import { planGuest } from './live-guest.ts';
import { ending, type LiveSummary, NO_HOOKS, runLive, statusAfter } from './live-run.ts';
import type { Output } from './output.ts';

interface RunOptions {
  readonly traceExits?: boolean;
  readonly where?: number;
  readonly dirty?: boolean;
  readonly gdb?: string;
  readonly gdbWait?: boolean;
}

export function addRun(cli: Cli): void {
  const command = addGuestOptions(
    cli.program
      .command('run')
      .description('run a guest without recording it')
      .option('--trace-exits', 'each VM exit on stderr, with the time it took the host')
      .option('--where <ADDRESS>', 'under KVM: what is behind an address at the end', parseAddress)
      .option('--dirty', 'under KVM: which pages of RAM the guest has written, at the end')
      .addOption(gdbOption())
      .addOption(gdbWaitOption()),
  );
  const examples = [
    'retrovisor run --kernel vmlinuz --initrd initrd.gz --append console=ttyS0',
    'retrovisor run --kernel demo.elf -m 32 --until 2G --json --serial none',
  ];
  finish(cli, command, examples, async (_operands, options: RunOptions, output) => {
    const guest = guestOptions(options, 'run');
    for (const name of ['where', 'dirty'] as const) {
      if (options[name] !== undefined && guest.accel !== 'kvm') {
        throw new UsageError(`run: --${name} expects --accel kvm beside it`);
      }
    }
    const gdb = gdbAsked(options, guest);
    if (gdb && options.traceExits) throw new UsageError('run: --trace-exits or --gdb, not both');
    const plan = await planGuest(guest);
    if (gdb) {
      const { live } = await runWithGdb(plan, undefined, gdb, output);
      summarise(live, output);
      return statusAfter(live);
    }
    const trace = options.traceExits
      ? await (await import('./exit-trace.ts')).traceOf(plan, (text) => output.note(text))
      : undefined;
    const tapFor = (vcpu: Vcpu) => {
      trace?.follow(vcpu);
      return undefined;
    };
    const result = await runLive(plan, output, { ...NO_HOOKS, tapFor }).catch((error) => {
      throw asFailure(error);
    });
    for (const line of trace?.summary() ?? []) output.note(line);
    const byReason = trace && { byReason: trace.document() };
    if (guest.accel === 'kvm') {
      const { icount, stateHash, seconds, reason } = result;
      if (options.where !== undefined) output.note(await whereText(result.vcpu, options.where));
      if (options.dirty) output.note(await dirtyText(result.vcpu));
      // KVM counts no instructions.
      output.document({ exits: icount, stateHash, seconds, reason, ...byReason });
      output.note(`${ending(reason)} after ${plural(icount, 'exit')} in ${duration(seconds)}`);
      return statusAfter(result);
    }
    summarise(result, output, byReason);
    return statusAfter(result);
  });
}

function summarise(result: LiveSummary, output: Output, more: object = {}): void {
  const { icount, stateHash, seconds, mips, reason } = result;
  output.document({ icount, stateHash, seconds, mips, reason, ...more });
  output.note(
    `${ending(reason)} after ${plural(icount, 'instruction')} in ${duration(seconds)}, ${mips} MIPS`,
  );
}

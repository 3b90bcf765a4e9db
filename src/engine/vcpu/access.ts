/** Microcode's memory, time and exits, on top of the generated slow path. */

import type { Entry, GuestExit } from '../exit.ts';
import type { MainExports } from '../interp/module.ts';
import { CC_FLAGS } from '../isa/flags.ts';
import type { Access, Privilege } from '../microcode/cpu.ts';
import { ExitPending, Fault } from '../microcode/microcode.ts';
import * as L from './layout.ts';
import type { State } from './state.ts';

export interface AccessHost {
  readonly exports: MainExports;
  readonly memory: ArrayBuffer;
  exit(exit: GuestExit): Entry;
  icount(): number;
  modeChanged(): void;
}

export function createAccess(host: AccessHost, getState: () => State): Access {
  const { exports } = host;
  const view = new DataView(host.memory);

  const classOf = (privilege: Privilege): number =>
    privilege === 'system' ? L.CLASS_KERNEL : getState().u32(L.CLASS);

  /** Turns the status that a refused access left into what microcode throws. */
  const refused = (): never => {
    const s = getState();
    if (s.u32(L.STATUS) !== L.STATUS_FAULT) throw new ExitPending();
    s.setU32(L.STATUS, L.STATUS_NONE);
    throw new Fault(s.u32(L.FAULT_VECTOR), s.u32(L.FAULT_ERROR));
  };

  const signed = (gva: bigint): bigint => BigInt.asIntN(64, gva);

  return {
    read(gva, bytes, privilege) {
      const at = exports.readAt(signed(gva), bytes, 0, classOf(privilege)) >>> 0;
      if (!at) refused();
      if (bytes === 8) return view.getBigUint64(at, true);
      if (bytes === 4) return BigInt(view.getUint32(at, true));
      return BigInt(bytes === 2 ? view.getUint16(at, true) : view.getUint8(at));
    },
    write(gva, bytes, value, privilege) {
      const what = BigInt.asIntN(64, value);
      if (!exports.writeAt(signed(gva), bytes, 0, classOf(privilege), what)) refused();
    },
    loadWide(low, high, privilege) {
      if (!exports.loadWide(low, high, classOf(privilege))) refused();
    },
    storeWide(low, high, valueLow, valueHigh, privilege) {
      if (!exports.storeWide(low, high, classOf(privilege), valueLow, valueHigh)) refused();
    },
    probeWrite(gva, bytes, privilege) {
      if (!exports.probe(signed(gva), bytes, classOf(privilege), L.ACCESS_WRITE)) refused();
    },
    probeRead(gva, bytes, privilege) {
      if (!exports.probe(signed(gva), bytes, classOf(privilege), L.ACCESS_READ)) refused();
    },
    exit: (exit) => host.exit(exit),
    icount: () => host.icount(),
    tsc() {
      const s = getState();
      return BigInt.asUintN(64, BigInt(host.icount()) + s.u64(L.SKIPPED) + s.u64(L.TSC_OFFSET));
    },
    flagWord: () => exports.flagWord(),
    setFlagWord(word) {
      const s = getState();
      s.setU32(L.CC_OP, CC_FLAGS);
      s.setU64(L.CC_A, BigInt(word & 0x8d5));
    },
    flushTlb(what, gva = 0n, pcid = 0) {
      if (what === 'none') {
        exports.tlbDropFast();
        return;
      }
      const code = what === 'page' ? 0 : what === 'nonglobal' ? 1 : 2;
      exports.tlbFlush(code, signed(gva), pcid);
    },
    modeChanged: () => host.modeChanged(),
  };
}

/**
 * The x87 registers between the state page and engine/float/x87, which keeps them as an object. The
 * state page has full tags, of which only "empty" means anything: silicon derives the rest.
 */

import type { Register } from '../float/x87/format.ts';
import type { X87State } from '../float/x87/state.ts';
import * as L from '../vcpu/layout.ts';
import type { State } from '../vcpu/state.ts';

const EMPTY = 3;

export function loadX87(s: State): X87State {
  const registers: Register[] = [];
  for (let i = 0; i < 8; i++) {
    const at = L.X87 + i * L.X87_STRIDE;
    registers.push({ significand: s.u64(at), signExponent: s.u16(at + 8) });
  }
  const tags = s.u16(L.FTW);
  let valid = 0;
  for (let i = 0; i < 8; i++) if (((tags >> (2 * i)) & 3) !== EMPTY) valid |= 1 << i;
  return {
    fcw: s.u16(L.FCW),
    fsw: s.u16(L.FSW),
    valid,
    registers,
    fip: s.u64(L.FIP),
    fcs: s.u16(L.FCS),
    fdp: s.u64(L.FDP),
    fds: s.u16(L.FDS),
    fop: s.u16(L.FOP),
  };
}

export function storeX87(s: State, x: X87State): void {
  let tags = 0;
  x.registers.forEach(({ significand, signExponent }, i) => {
    const at = L.X87 + i * L.X87_STRIDE;
    s.setU64(at, significand);
    s.setU16(at + 8, signExponent);
    if ((x.valid & (1 << i)) === 0) tags |= EMPTY << (2 * i);
  });
  s.setU16(L.FCW, x.fcw);
  s.setU16(L.FSW, x.fsw);
  s.setU16(L.FTW, tags);
  s.setU64(L.FIP, x.fip);
  s.setU16(L.FCS, x.fcs);
  s.setU64(L.FDP, x.fdp);
  s.setU16(L.FDS, x.fds);
  s.setU16(L.FOP, x.fop);
}

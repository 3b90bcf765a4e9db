/** Custom requests that look: exits, console, registers, page walks; and typing to a live guest. */

import { ERROR, RequestError } from '../errors.ts';
import type { CustomTable } from '../handler.ts';
import { REGISTER_GROUPS, registerText } from '../register-view.ts';
import { consoleRows, exitRows, walkOf } from '../time.ts';

export const exitRequests = {
  'retrovisor/exits': (session, args) => exitRows(session, args),

  'retrovisor/console': (session, args) => consoleRows(session, args),

  'retrovisor/registers': (session) => {
    const { guest } = session.standing;
    return {
      groups: REGISTER_GROUPS.map(([name, names]) => ({
        name,
        registers: names.map((register) => ({
          name: register,
          value: registerText(register, guest.register(register) ?? 0n),
        })),
      })),
    };
  },

  'retrovisor/pageWalk': (session, { address, frameId }) =>
    walkOf(session, address.trim(), frameId),

  'retrovisor/type': (session, { text }) => {
    const { live } = session.opened.target;
    if (!live) throw new RequestError(ERROR.unsupported, 'the guest is not running', true);
    live.type(new TextEncoder().encode(text));
    return undefined;
  },
} satisfies Partial<CustomTable>;

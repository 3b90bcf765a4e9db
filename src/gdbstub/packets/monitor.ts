/** `qRcmd`: a line typed after `monitor`. Its output goes as `O` packets, as it may be long. */

import { bytesOf } from '../hex.ts';
import { monitor } from '../monitor/table.ts';
import { E_MALFORMED, OK, type Packet } from '../packet.ts';

/** gdb gives up after two seconds in which it hears nothing; no text is something. */
const PATIENCE_MS = 500;

export const monitorPackets: readonly Packet[] = [
  {
    name: 'qRcmd',
    handle: async (stub, args, control) => {
      const bytes = args.startsWith(',') ? bytesOf(args.slice(1)) : undefined;
      if (!bytes) return E_MALFORMED;
      let heard = Date.now();
      const patient = {
        ...control,
        onProgress: () => {
          if (Date.now() - heard < PATIENCE_MS) return;
          heard = Date.now();
          stub.say('');
        },
      };
      stub.say(await monitor(stub, Buffer.from(bytes).toString('utf8'), patient));
      return OK;
    },
  },
];

/** `qRcmd`: a line typed after `monitor`. Its output goes as `O` packets, as it may be long. */

import { bytesOf } from '../hex.ts';
import { monitor } from '../monitor/table.ts';
import { E_MALFORMED, OK, type Packet } from '../packet.ts';

export const monitorPackets: readonly Packet[] = [
  {
    name: 'qRcmd',
    handle: async (stub, args, control) => {
      const bytes = args.startsWith(',') ? bytesOf(args.slice(1)) : undefined;
      if (!bytes) return E_MALFORMED;
      stub.say(await monitor(stub, Buffer.from(bytes).toString('utf8'), stub.patient(control)));
      return OK;
    },
  },
];

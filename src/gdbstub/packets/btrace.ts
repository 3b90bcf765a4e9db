/**
 * `record btrace bts`, after which gdb's `record instruction-history`, `record function-call-history`
 * and `record goto` show what ran before here, whenever that was recorded.
 */

import { branchTrace } from '../branch-trace.ts';
import { parseRange } from '../hex.ts';
import { E_MALFORMED, errorText, OK, type Packet } from '../packet.ts';
import type { Stub } from '../stub.ts';

/** Instructions of history, unless gdb sets another buffer size (24 bytes a branch). */
const HISTORY = 5000;
const CONF = '<btrace-conf version="1.0"><bts size="0x10000"/></btrace-conf>\n';

async function document(stub: Stub, control: Parameters<Packet['handle']>[2]): Promise<string> {
  const blocks = await branchTrace(stub.target, HISTORY, control);
  const hex = (value: bigint): string => `0x${value.toString(16)}`;
  const lines = blocks.map(({ begin, end }) => `<block begin="${hex(begin)}" end="${hex(end)}"/>`);
  // gdb wants the newest first.
  return `<btrace version="1.0">\n${lines.reverse().join('\n')}\n</btrace>\n`;
}

function piece(text: string, { at, length }: { at: bigint; length: number }): string {
  const part = text.slice(Number(at), Number(at) + length);
  return `${Number(at) + part.length < text.length ? 'm' : 'l'}${part}`;
}

export const btracePackets: readonly Packet[] = [
  {
    name: 'Qbtrace:bts',
    supported: ['Qbtrace:bts+'],
    handle: (stub) => {
      stub.tracing = true;
      return OK;
    },
  },
  {
    name: 'Qbtrace:off',
    supported: ['Qbtrace:off+'],
    handle: (stub) => {
      stub.tracing = false;
      return OK;
    },
  },
  { name: 'Qbtrace-conf:bts:size', supported: ['Qbtrace-conf:bts:size+'], handle: () => OK },
  {
    name: 'qXfer:btrace-conf:read:',
    supported: ['qXfer:btrace-conf:read+'],
    handle: (stub, args) => {
      const range = parseRange(args.replace(/^:/, ''));
      // With an answer, gdb would take it that the target is tracing since before it came.
      if (!stub.tracing) return errorText('no branch trace has been asked for');
      return range ? piece(CONF, range) : E_MALFORMED;
    },
  },
  {
    name: 'qXfer:btrace:read:',
    supported: ['qXfer:btrace:read+'],
    handle: async (stub, args, control) => {
      const [annex, text = ''] = args.split(':');
      const range = parseRange(text);
      if (!range) return E_MALFORMED;
      if (annex !== 'all' && annex !== 'new') return errorText('only whole traces');
      if (stub.target.diversion) return errorText('a diversion has no history');
      if (range.at === 0n) stub.history = await document(stub, control);
      return piece(stub.history, range);
    },
  },
];

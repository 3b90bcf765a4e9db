/** `npm run conformance -- machine`. */
import { parseArgs } from 'node:util';
import { compareMachines } from './compare.ts';
import { FAMILIES } from './families.ts';
import { bochs, ours, type Peer, qemu } from './machines.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    peers: { type: 'string', default: 'QEMU,Bochs' },
  },
});
const found = [qemu(), bochs()];
const others = found.filter((p): p is Peer => typeof p !== 'string' && values.peers.includes(p.name));
const families = FAMILIES.filter((f) => !values.only || f.name.includes(values.only));
const { tallies, failures } = compareMachines({
  families,
  ours: ours({ accel: 'interp' }),
  tiers: [ours({ accel: 'jit', jit: { hotAt: 1 } })],
  others,
  seed: Number(values.seed),
  casesEach: Number(values.cases),
  onFamily: (n) => process.stderr.write(`${n}\n`),
});
for (const f of failures) process.stdout.write(`${f}\n`);
for (const t of tallies) {
  process.stdout.write(`${t.family}: ${t.states} states; agree ${[...t.agree].map(([k, v]) => `${k} ${v}`).join(', ')}; unexplained ${t.unexplained}\n`);
  for (const [rule, n] of t.known) process.stdout.write(`    ${rule}: ${n}\n`);
}

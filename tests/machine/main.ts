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
const others = found.filter(
  (p): p is Peer => typeof p !== 'string' && values.peers.includes(p.name),
);
const families = FAMILIES.filter((f) => !values.only || f.name.includes(values.only));
if (process.env['CASE']) {
  const { guestsOf } = await import('./image.ts');
  const { statesOf } = await import('./states.ts');
  const { makeCases } = await import('./compare.ts');
  const n = Number(process.env['CASE']);
  const family = families[0]!;
  const c = makeCases(family, { seed: Number(values.seed), casesEach: n + 1 })[n]!;
  console.log(
    JSON.stringify(
      {
        ...c,
        patches: c.patches.map(
          (p) => p.at.toString(16) + ': ' + Buffer.from(p.bytes).toString('hex'),
        ),
      },
      (_, v) => (typeof v === 'bigint' ? v.toString(16) : v),
      1,
    ),
  );
  const from = Number(process.env['FROM'] ?? n);
  const [guest] = guestsOf(
    family.world,
    makeCases(family, { seed: Number(values.seed), casesEach: n + 1 }).slice(from),
  );
  const peers = [ours({ accel: 'interp' }), ...others];
  const states = peers.map((p) => statesOf(p, guest!)[n - from]!);
  for (const name of new Set(states.flatMap((x) => [...x.values.keys()])))
    console.log(
      name.padEnd(16),
      states.map((x) => (x.values.get(name)?.toString(16) ?? '-').padStart(10)).join(' '),
    );
  console.log(states.map((x) => x.lost ?? 'ok').join(' '));
  process.exit(0);
}
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
  process.stdout.write(
    `${t.family}: ${t.states} states; agree ${[...t.agree].map(([k, v]) => `${k} ${v}`).join(', ')}; unexplained ${t.unexplained}\n`,
  );
  for (const [rule, n] of t.known) process.stdout.write(`    ${rule}: ${n}\n`);
}

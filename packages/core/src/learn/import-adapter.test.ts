import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Example } from '../calibrate/score-rows.js';
import { encodeSafetensors } from '../delta/format/encode-safetensors.js';
import { factorName } from '../delta/peft/factor-name.js';
import { createFakeDeltasPorts } from '../testing/fake-deltas-ports.js';
import { createDeltas } from './create-deltas.js';
import { importAdapter, type ImportAsk } from './import-adapter.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

const examples: Example[] = Array.from({ length: 60 }, (_, i) => {
  const label = ['balance', 'transfer', 'block'][i % 3]!;
  return { text: `${label} ${createHash('sha256').update(`${i}`).digest('hex')}`, label, line: i + 1 };
});

const adapter = encodeSafetensors(
  new Map([
    [factorName(0, 0, 'A'), { shape: [1, 8], data: new Float32Array(8).fill(1) }],
    [factorName(0, 0, 'B'), { shape: [8, 1], data: new Float32Array(8).fill(1) }],
  ]),
  { dtype: 'F32' },
);

const askOf = (alpha: number): ImportAsk => ({
  domain: 'bank',
  base: 'base',
  files: new Map([
    ['adapter_model.safetensors', adapter],
    ['adapter_config.json', new TextEncoder().encode(JSON.stringify({ peft_type: 'LORA', r: 1, lora_alpha: alpha }))],
  ]),
  head: { kind: 'fitted', examples },
});

it('fits a head over the features of the adapter at its own scale', async () => {
  const ports = createFakeDeltasPorts({ startHash });
  await importAdapter(askOf(1), ports);
  const revision = await importAdapter(askOf(4), ports);
  expect(revision.deltas).toMatchObject([{ rank: 1, scale: 4 }]);
  // What the first one made of the texts is not taken for what the second one makes of them.
  expect(new Set(ports.engine.attached).size).toBe(2);
});

it('remembers what the head was fitted on', async () => {
  const ports = createFakeDeltasPorts({ startHash });
  await importAdapter(askOf(1), ports);
  const { decision } = await createDeltas(ports).fit({ domain: 'bank', base: 'base', examples });
  expect(decision.comparison.accuracy.rows).toBe(0);
});

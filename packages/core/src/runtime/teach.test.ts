import { expect, it } from 'vitest';
import type { Observation } from '../ports/learning.js';
import { createRuntime } from '../runtime.js';
import { exampleEndpoint } from '../testing/example-endpoint.js';
import { createFakeSite } from '../testing/fake-site.js';
import {
  createFakePorts,
  createMemoryQueue,
  EXAMPLE_LABELS,
  exampleCalibration,
  exampleCatalog,
  scoresFor,
} from '../testing/index.js';

const loadSequel = () => import('./sequel.js');
const question = { text: 'freeze my card', domain: 'bank', minConfidence: 0.95 } as const;

/** A device that is not sure enough, below a site. */
function device() {
  const seen: Observation[] = [];
  const plain = exampleCatalog();
  const unsure = { scores: () => scoresFor('new_card', 0.6, EXAMPLE_LABELS) };
  const fakes = createFakePorts({
    catalog: { ...plain, endpoints: [exampleEndpoint()] },
    calibration: exampleCalibration(plain),
    models: { nano: unsure, base: unsure },
  });
  const site = createFakeSite();
  const learning = { observe: (each: Observation) => void seen.push(each), distrusts: () => false };
  const queue = createMemoryQueue({ clock: fakes.clock });
  const ports = { ...fakes, loadSequel, learning, queue, reconcile: false, fetch: site.fetch };
  return { runtime: createRuntime(ports), seen, site };
}

it('tells what every tier said by itself, and the answer they came to', async () => {
  const { runtime, seen } = device();
  const { requestId } = await runtime.run(question);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({
    requestId,
    text: question.text,
    domain: 'bank',
    residency: 'cloud',
    label: 'block_card',
    verdict: 'accept',
  });
  expect(seen[0]!.said.map(({ tier, placement, label }) => [tier, placement, label])).toEqual([
    ['nano', 'device', 'new_card'],
    ['base', 'device', 'new_card'],
    ['site', 'site', 'block_card'],
  ]);
  expect(seen[0]!.said[0]!.probability).toBeCloseTo(0.6, 6);
});

it('tells nothing of an answer that waits for a better one', async () => {
  const { runtime, seen, site } = device();
  site.respond(() => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })));
  const { queued } = await runtime.run({ ...question, deadlineMs: 10_000, whenOffline: 'queue' });
  expect(queued).toBeDefined();
  expect(seen).toEqual([]);
});

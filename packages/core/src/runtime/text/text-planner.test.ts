import { expect, it } from 'vitest';
import { RUNTIME_BYTES } from '../../recommend/predict.js';
import { textRequirementsOf } from '../../text/plan/text-requirements.js';
import { parseTextRequest } from '../../text/request/parse-text-request.js';
import { exampleCatalog, fakeSha } from '../../testing/example-catalog.js';
import { exampleProfile } from '../../testing/example-profile.js';
import { exampleTextModel } from '../../testing/example-text-tier.js';
import { createFakePorts } from '../../testing/fake-ports.js';
import { createFakeTextEngine } from '../../testing/fake-text-engine.js';
import { outcomeEntry } from '../../testing/ledger-contract.js';
import { createTextPlanner } from './text-planner.js';

const MB = 1e6;
const FREE = exampleProfile().memory.usableBytes;
const requirements = textRequirementsOf(parseTextRequest({ task: 'text-generation', text: 'hello' }));

function setUp(held: { text: number; others: number }, memoryCeilingBytes?: number) {
  const catalog = exampleCatalog({ models: [exampleTextModel('small')], deltas: [] });
  const ports = createFakePorts({ catalog });
  const planner = createTextPlanner({
    ports: {
      ...ports,
      engine: createFakeTextEngine(),
      readFile: async () => new Uint8Array(),
      ...(memoryCeilingBytes !== undefined && { memoryCeilingBytes }),
    },
    canAsk: () => false,
    isAway: () => false,
    textBytes: () => held.text,
    othersBytes: () => held.others,
  });
  const estimate = async () => (await planner.plan(requirements)).ladder[0]!.estimate;
  return { planner, ports, estimate };
}

it('counts what is loaded after a look as taken, and not as free once more', async () => {
  const held = { text: 0, others: 0 };
  const { planner, ports, estimate } = setUp(held);
  await estimate();
  expect(planner.ceilingBytes()).toBe(FREE - RUNTIME_BYTES);
  held.text = 300 * MB;
  held.others = 100 * MB;
  await estimate();
  expect(planner.ceilingBytes()).toBe(FREE - RUNTIME_BYTES - 100 * MB);
  // The device says by itself what is left.
  ports.probe.become(exampleProfile({ memory: { ...exampleProfile().memory, usableBytes: FREE - 400 * MB } }));
  ports.clock.advance(30_000);
  await estimate();
  expect(planner.ceilingBytes()).toBe(FREE - 100 * MB);
});

it('has what the other models leave of the limit', async () => {
  const held = { text: 0, others: 50 * MB };
  const { planner, estimate } = setUp(held, 400 * MB);
  await estimate();
  expect(planner.ceilingBytes()).toBe(350 * MB - RUNTIME_BYTES);
  held.others = 350 * MB;
  await expect(estimate()).rejects.toMatchObject({ code: 'NO_TIER_FITS' });
});

it('knows how fast a tier was before this process has asked it', async () => {
  const { ports, planner, estimate } = setUp({ text: 0, others: 0 });
  const wrote = (tokensPerSecond: number | undefined, changes: object = {}) => {
    const text = { inputTokens: 40, outputTokens: 30, firstTokenMs: 90, tokensPerSecond };
    return outcomeEntry({ tier: 'small', path: 'small', degraded: false, text, ...changes });
  };
  await ports.ledger.append([
    ...[30, undefined, 31, 500].map((rate) => wrote(rate)),
    wrote(1, { verdict: 'aborted' }),
    wrote(1, { degraded: true }),
    wrote(1, { path: 'large+small' }),
    outcomeEntry({ tier: 'small' }),
  ]);
  expect(await estimate()).toMatchObject({ tokensPerSecond: 31, basis: 'measured' });
  planner.loaded(fakeSha('small/model_q4.onnx'), { prefillTokensPerSecond: 1e6, decodeTokensPerSecond: 7 });
  const known = await estimate();
  expect(known.tokensPerSecond).toBe(31);
  expect(known.firstTokenMs).toBeCloseTo(1000 / 31, 0);
});

it('plans by formula where the ledger cannot be read', async () => {
  const { ports, estimate } = setUp({ text: 0, others: 0 });
  const broken = async (): Promise<never> => {
    throw new Error('no disk');
  };
  Object.assign(ports.ledger, { outcomes: broken, statistics: broken });
  expect((await estimate()).basis).toBe('predicted');
  expect(ports.failures).toHaveLength(2);
});

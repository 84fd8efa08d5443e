import { describe, expect, it } from 'vitest';
import type { Learning, TrustAsk } from '../ports/learning.js';
import { createRuntime } from '../runtime.js';
import { createFakePorts, EXAMPLE_LABELS, exampleCatalog, scoresFor } from '../testing/index.js';

const sure = { scores: () => scoresFor('balance', 0.9999, EXAMPLE_LABELS) };
const question = { text: 'what is left on my account', domain: 'bank' } as const;

/** A device on which feedback speaks against some tiers. */
function device(...distrusted: readonly string[]) {
  const asked: TrustAsk[] = [];
  const learning: Learning = {
    observe: () => undefined,
    distrusts(ask) {
      asked.push(ask);
      return distrusted.includes(ask.tier);
    },
  };
  const ports = createFakePorts({ models: { nano: sure, base: sure } });
  return { runtime: createRuntime({ ...ports, learning }), asked };
}

describe('a tier that feedback speaks against', () => {
  it('does not accept by itself, however sure it is', async () => {
    const { runtime, asked } = device('nano');
    const result = await runtime.run(question);
    expect(result.path.at(-1)).toBe('base');
    expect(result.trace).toContainEqual(expect.objectContaining({ kind: 'climb', reason: 'drift' }));
    expect(asked[0]).toEqual({
      domain: 'bank',
      tier: 'nano',
      ladderRevision: exampleCatalog().domains[0]!.ladderRevision,
    });
  });

  it('still answers at the top where nothing is demanded, and claims no bound', async () => {
    const { runtime } = device('nano', 'base');
    const { verdict } = await runtime.run(question);
    expect(verdict).toMatchObject({ kind: 'accept', reason: 'top', calibrated: false, certificate: undefined });
  });

  it('abstains at the top where a bound or a confidence is demanded', async () => {
    const { runtime } = device('nano', 'base');
    for (const demand of [{ maxRisk: 0.2 }, { minConfidence: 0.5 }]) {
      const { verdict } = await runtime.run({ ...question, ...demand });
      expect(verdict).toMatchObject({ kind: 'abstain', reason: 'drift', certificate: undefined });
    }
  });

  it('keeps the bound of a tier above that is trusted', async () => {
    const { runtime } = device('nano');
    const { verdict } = await runtime.run({ ...question, maxRisk: 0.2 });
    expect(verdict).toMatchObject({ kind: 'accept', certificate: { maxRisk: 0.2 } });
  });
});

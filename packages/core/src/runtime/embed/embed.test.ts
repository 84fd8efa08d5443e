import { expect, it } from 'vitest';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { Workshop } from '../../learn/workshop.js';
import type { Model } from '../../catalog/schema.js';
import { exampleCatalog, exampleModel } from '../../testing/example-catalog.js';
import { createFakeEngine } from '../../testing/fake-engine.js';
import { createFakeStore } from '../../testing/fake-store.js';
import { createFakeWorkshop } from '../../testing/fake-workshop.js';
import { createEmbed } from './embed.js';

const model = (id: string): Model => exampleModel({ id, features: 4 });

function createWorld(ids: readonly string[]) {
  const catalog = exampleCatalog({ models: ids.map(model), deltas: [] });
  const featuresOf = (text: string) => [text.length, 2, 0, 0];
  const engine = createFakeEngine({ models: Object.fromEntries(ids.map((id) => [id, { features: featuresOf }])) });
  const workshop = createFakeWorkshop({ catalog, engine, store: createFakeStore() });
  const borrowed: string[] = [];
  const borrow: Workshop['borrow'] = (rung, options) => {
    expect(workshop.lent()).toBe(0);
    borrowed.push(rung.tier.model.id);
    return workshop.borrow(rung, options);
  };
  return { engine, workshop, borrowed, embed: createEmbed({ workshop: { ...workshop, borrow } }) };
}

it('makes unit vectors, in the order of the texts, and says whose they are', async () => {
  const { embed } = createWorld(['nano', 'base']);
  const { encoder, vectors } = await embed(['abc', 'a']);
  expect(encoder).toBe(model('base').variants[0]!.weights.sha256);
  expect(vectors).toHaveLength(2);
  for (const [i, length] of [3, 1].entries()) {
    expect(vectors[i]![0]).toBeCloseTo(length / Math.hypot(length, 2), 6);
    expect(Math.hypot(...vectors[i]!)).toBeCloseTo(1, 6);
  }
});

it('takes the best encoder that fits, and small where base does not', async () => {
  const both = createWorld(['small', 'nano', 'base']);
  await both.embed(['a']);
  expect(both.borrowed).toEqual(['base']);
  const one = createWorld(['nano', 'small']);
  await one.embed(['a']);
  expect(one.borrowed).toEqual(['small']);
});

it('takes the first variant of the catalog that fits, whichever is the fastest now', async () => {
  const { embed, workshop } = createWorld(['base']);
  const [first] = await workshop.rungs();
  const weights = { ...first!.tier.variant.weights, sha256: 'f'.repeat(64) };
  const faster = { ...first!, tier: { ...first!.tier, variant: { ...first!.tier.variant, weights } } };
  const both = createEmbed({
    workshop: { ...workshop, rungs: async () => [faster], variants: async () => [first!, faster] },
  });
  expect((await both(['a'])).encoder).toBe((await embed(['a'])).encoder);
});

it('lets requests get in between: it gives the session back after every few texts', async () => {
  const texts = Array.from({ length: 20 }, (_, i) => 'x'.repeat(i + 1));
  const { embed, borrowed, workshop } = createWorld(['base']);
  expect((await embed(texts)).vectors).toHaveLength(20);
  expect(borrowed).toHaveLength(2);
  await embed(texts, { priority: 'low' });
  expect(borrowed).toHaveLength(2 + 5);
  expect(workshop.lent()).toBe(0);
});

it('says where no encoder is that tells texts apart by what they mean', async () => {
  await expect(createWorld(['nano']).embed(['a'])).rejects.toMatchObject({ code: 'NO_TIER_FITS' });
});

it('says so of a catalog without any encoder, too', async () => {
  const { workshop } = createWorld(['base']);
  const variants = async () => {
    throw new InvalidRequestError({ message: 'No model of the catalog does that.', hint: '' });
  };
  const embed = createEmbed({ workshop: { ...workshop, variants } });
  await expect(embed(['a'])).rejects.toMatchObject({ code: 'NO_TIER_FITS' });
});

it('gives the session back when it fails, and takes no vector without a direction for one', async () => {
  const { embed, engine, workshop } = createWorld(['base']);
  for (const wrong of [0, NaN]) {
    engine.models['base']!.features = () => [wrong, 0, 0, 0];
    await expect(embed(['a'])).rejects.toMatchObject({ code: 'ENGINE_FAILED', facts: { tier: 'base' } });
  }
  expect(workshop.lent()).toBe(0);
});

it('ends when its caller does', async () => {
  const { embed, borrowed } = createWorld(['base']);
  const caller = new AbortController();
  caller.abort(new Error('enough'));
  await expect(embed(['a'], { signal: caller.signal })).rejects.toThrow('enough');
  expect(borrowed).toEqual([]);
});

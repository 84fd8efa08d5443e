import type { Catalog, Result } from '@terrace/core';
import { expect, it, vi } from 'vitest';
import type { OipModel } from './model-metadata.js';
import { createServedVariants } from './served-variants.js';

const variant = (dtype: string) => ({ dtype, weights: { sha256: dtype.padEnd(64, '0') } });
const base = { id: 'base', variants: [variant('int8'), variant('q4')] };
const nano = { id: 'nano', variants: [variant('q4')] };
const catalog = { models: [base, nano] } as unknown as Catalog;
const named = (model: object | undefined) => ({ choice: { name: 'm' }, model }) as unknown as OipModel;
const ranOn = (dtype: string) =>
  ({ tier: 'base', trace: [{ kind: 'run', tier: 'base', variant: dtype }] }) as unknown as Result;

it('knows without asking where there is one variant, or none', async () => {
  const tryOut = vi.fn<() => Promise<Result>>();
  const served = createServedVariants(tryOut, () => catalog);
  expect(await served.of(named(nano))).toBe(nano.variants[0]!.weights.sha256);
  expect(await served.of(named(undefined))).toBeUndefined();
  expect(tryOut).not.toHaveBeenCalled();
});

it('tries the model out once, however many ask', async () => {
  const tryOut = vi.fn<() => Promise<Result>>(async () => ranOn('q4'));
  const served = createServedVariants(tryOut, () => catalog);
  const all = await Promise.all([served.of(named(base)), served.of(named(base))]);
  expect([...all, await served.of(named(base))]).toEqual(Array(3).fill(base.variants[1]!.weights.sha256));
  expect(tryOut).toHaveBeenCalledTimes(1);
});

it('goes by the last answer', async () => {
  const served = createServedVariants(
    () => Promise.reject(new Error('nobody asks')),
    () => catalog,
  );
  served.note('m', ranOn('q4'), catalog);
  served.note('m', ranOn('int8'), catalog);
  expect(await served.of(named(base))).toBe(base.variants[0]!.weights.sha256);
});

it('says nothing where no answer can be had, and tries again when asked again', async () => {
  const tryOut = vi.fn<() => Promise<Result>>(() => Promise.reject(new Error('no memory')));
  const served = createServedVariants(tryOut, () => catalog);
  expect(await served.of(named(base))).toBeUndefined();
  expect(await served.of(named(base))).toBeUndefined();
  expect(tryOut).toHaveBeenCalledTimes(2);
});

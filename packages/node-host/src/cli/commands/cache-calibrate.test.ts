import { UnknownDomainError } from '@terrace/core';
import { exampleCatalog, exampleTextModel } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { leftOut, requireAskable } from './cache-calibrate.js';

const base = exampleCatalog();
const catalog = { ...base, models: [...base.models, exampleTextModel('smol')] };

it.each(['text-classification', 'text-generation'])(
  '%s is not certified in a domain that no request can name',
  (task) => {
    expect(() => requireAskable(catalog, task, catalog.domains[0]!.id)).not.toThrow();
    expect(() => requireAskable(catalog, task, 'nowhere')).toThrow(UnknownDomainError);
  },
);

it('says of pairs how many do not count', () => {
  const pair = { a: 'pay', b: 'spend', same: true };
  expect(leftOut([pair, { ...pair, b: 'buy' }, { ...pair, b: 'lend' }], { rows: 1 })).toMatch(
    /^2 of 3 pairs do not count: a text counts once/,
  );
  expect(leftOut([pair], { rows: 1 })).toBeUndefined();
  expect(
    leftOut(
      [
        { text: 'pay', label: 'a' },
        { text: 'spend', label: 'a' },
      ],
      { rows: 1 },
    ),
  ).toBeUndefined();
});

import type { DeployedModel } from '@terrace/core/deploy';
import { expect, it } from 'vitest';
import { checkPaths } from './check-deployment.js';

const model = (id: string, tier: string): DeployedModel => ({
  id,
  path: { kind: 'tier', tier },
  carries: 1,
  fixedCost: { onceUsd: 0, eachWindowUsd: 0 },
});

it('gives no id to another path while a server runs, also when it was taken out meanwhile', () => {
  const paths = new Map<string, string>();
  checkPaths({ models: [model('a', 'nano'), model('b', 'base')] }, paths);
  checkPaths({ models: [{ ...model('b', 'base'), carries: 0.5 }, model('c', 'nano')] }, paths);
  expect(() => checkPaths({ models: [model('d', 'base'), model('a', 'small')] }, paths)).toThrow(
    'the id a is that of another path',
  );
  // What was refused leaves nothing behind.
  checkPaths({ models: [model('a', 'nano'), model('d', 'small')] }, paths);
});

import { NoTierFitsError, type RequestInput } from '@terrace/core';
import type { RouteAsk } from '@terrace/core/deploy';
import { expect, it } from 'vitest';
import { runtimeAuditor } from './node-models.js';

const ask = {
  requestId: 'r1',
  text: 'freeze my card',
  task: 'text-classification',
  domain: 'bank',
  subDomain: undefined,
  key: undefined,
} as const;

it('asks no auditor that is farther away than a text may go, and hides no other failure', async () => {
  const asked: RequestInput[] = [];
  const audit = runtimeAuditor(() => ({
    run: async (input: RequestInput) => {
      asked.push(input);
      throw new NoTierFitsError({ message: 'none', hint: 'none' });
    },
  }));
  const near: RouteAsk = { ...ask, residency: 'device' };
  expect(await audit(near, 'cloud')).toEqual({ label: undefined, costUsd: 0, runMs: 0 });
  expect(asked).toMatchObject([{ residency: 'device', policy: 'cloud', priority: 'low' }]);
  await expect(audit({ ...ask, residency: 'cloud' }, 'cloud')).rejects.toThrow('none');
});

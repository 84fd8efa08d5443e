import { exampleStanding as standing } from '../testing/example-standing.js';
import { expect, it } from 'vitest';
import { describeAlert } from './describe-alert.js';

it('says what somebody should know, and why', () => {
  expect(describeAlert({ kind: 'share', share: 0.8, standing: standing() })).toBe(
    '80.0 % of the budget month/usd are spent (16.5 USD of 20 USD)',
  );
  const over = standing({ spent: 21, left: 0 });
  expect(describeAlert({ kind: 'overrun', standing: over })).toContain('billed higher than its price');
  const soft = { ...over, limit: { ...over.limit, whenSpent: 'degrade' as const } };
  expect(describeAlert({ kind: 'overrun', standing: soft })).toContain('nobody else can answer');
  const forecast = {
    expected: 24.5,
    low: 21,
    high: 29,
    spentAtWallMs: undefined,
    overrunProbability: 0.97,
    basisHours: 99,
  };
  expect(describeAlert({ kind: 'forecast', forecast, standing: standing() })).toBe(
    'the budget month/usd will probably not last: 24.5 USD of 20 USD are expected (97.0 % sure)',
  );
});

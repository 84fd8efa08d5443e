import { expect, it } from 'vitest';
import { BudgetExhaustedError } from '../../errors/budget-exhausted-error.js';
import type { Budget, PayAsk } from '../../ports/budget.js';
import { energyOf } from '../../recommend/estimate.js';
import { createFakeClock } from '../../testing/fake-clock.js';
import { createFakeTextSource } from '../../testing/fake-text-source.js';
import { exampleTextRung, exampleTextTier } from '../../testing/example-text-tier.js';
import { DEFAULT_GENERATION } from '../../tasks/text-generation/generation.js';
import { paidHere } from './paid-here.js';

const ask = {
  messages: [{ role: 'user' as const, content: 'hello' }],
  tools: [],
  prefix: '',
  chatTemplate: undefined,
  generation: { ...DEFAULT_GENERATION, maxTokens: 100 },
  priority: 'normal' as const,
  requestId: 'r1',
  domain: 'bank',
  key: 'kiosk',
  expectedMs: 1,
};

function setUp({ isSpent = false } = {}) {
  const asks: PayAsk[] = [];
  const paid: number[] = [];
  let open = 0;
  const budget: Budget = {
    whySpent: () => (isSpent ? ({ budget: 'day/joules' } as never) : undefined),
    async pay(asked, run) {
      asks.push(asked);
      if (isSpent) throw new BudgetExhaustedError({ message: 'spent', hint: 'wait' });
      open++;
      try {
        return await run({ add: ({ joules = 0 }) => void paid.push(joules), covers: () => true });
      } finally {
        open--;
      }
    },
  };
  const source = createFakeTextSource({ answers: 'one two three' });
  const rung = exampleTextRung(exampleTextTier('a'));
  return {
    source: paidHere(source, { rung, budget, clock: createFakeClock() }),
    runs: source.runs,
    asks,
    paid,
    open: () => open,
  };
}

it('reserves what a run may take at most, and pays for what it took', async () => {
  const { source, asks, paid, open } = setUp();
  const { pieces } = source.run(ask, undefined);
  expect(asks).toEqual([]);
  for await (const _ of pieces) expect(open()).toBe(1);
  expect(asks).toMatchObject([{ requestId: 'r1', scope: { key: 'kiosk', domain: 'bank', tier: 'a' } }]);
  expect(asks[0]!.atMost.joules).toBeCloseTo(energyOf(50 + 100 * 20));
  expect(paid[0]).toBeCloseTo(energyOf(1 + 3));
  expect(open()).toBe(0);
});

it('settles a run that is given up', async () => {
  const { source, runs, paid, open } = setUp();
  const { pieces } = source.run(ask, undefined);
  await pieces.next();
  await pieces.return(undefined as never);
  expect(paid).toHaveLength(1);
  expect(open()).toBe(0);
  expect(runs[0]!.state).toBe('cancelled');
});

it('runs nothing where nothing is left', async () => {
  const { source, runs } = setUp({ isSpent: true });
  expect(source.closed()).toBe('cost');
  await expect(source.run(ask, undefined).pieces.next()).rejects.toBeInstanceOf(BudgetExhaustedError);
  expect(runs.map(({ written }) => written)).toEqual([0]);
});

import { describe, expect, it } from 'vitest';
import type { BudgetLimit } from '../budget/budget-limit.js';
import { createRuntime } from '../runtime.js';
import { createBudget } from '../runtime/create-budget.js';
import { exampleCatalog } from '../testing/example-catalog.js';
import { exampleEndpoint } from '../testing/example-endpoint.js';
import { jsonReply } from '../testing/fake-site.js';
import { createFakePorts } from '../testing/index.js';
import type { RuntimePorts } from '../runtime/stages.js';
import { createMemoryBudgetStore } from '../testing/memory-budget-store.js';
import { spentBudget } from '../testing/spent-budget.js';
import { withRequests } from '../runtime/request-budget.js';
import type { ForwardJob } from './forward.js';

const body = { model: 'chat', messages: [{ role: 'user', content: 'hello' }] };
const usage = { prompt_tokens: 1000, completion_tokens: 500 };
const says = () => jsonReply({ choices: [{ index: 0, message: { role: 'assistant', content: 'ok' } }], usage });

/** A gateway to one chat model, whose server answers as it is told to. */
function gateway(
  answer: () => ReturnType<typeof jsonReply>,
  { tasks = [], ...ports }: { tasks?: readonly 'text-classification'[] } & Partial<RuntimePorts> = {},
) {
  const price = { ...exampleEndpoint().price, perMillionInputTokens: 1, perMillionOutputTokens: 2 };
  const endpoint = exampleEndpoint({ id: 'chat', protocol: 'openai', model: 'large', tasks: [...tasks], price });
  const catalog = { ...exampleCatalog(), endpoints: [endpoint] };
  const fakes = createFakePorts({ catalog });
  let asked = 0;
  const fetch = async () => {
    asked++;
    return answer();
  };
  const runtime = createRuntime({ ...fakes, fetch, ...ports });
  const { signal } = new AbortController();
  const records = async (kind: 'run' | 'outcome') => {
    await runtime.flush();
    return fakes.entries.flatMap((entry) => (entry.kind === kind ? [entry.record] : []));
  };
  const forward = (job: Partial<ForwardJob> = {}) =>
    runtime.forward({ endpoint, path: '/chat/completions', body, signal, ...job });
  return { forward, records, asked: () => asked };
}

describe('a chat that is passed on', () => {
  it('is kept with what it took', async () => {
    const { forward, records } = gateway(says);
    const { requestId, sentBytes } = await forward();
    expect(await records('outcome')).toMatchObject([
      { requestId, task: 'chat', tier: 'chat', verdict: 'accept', costUsd: expect.closeTo(0.002, 9), sentBytes },
    ]);
    expect(await records('run')).toHaveLength(1);
  });

  it('is kept with what was sent and may be charged when it fails', async () => {
    const { forward, records } = gateway(() => jsonReply({}, 400));
    await expect(forward()).rejects.toMatchObject({ code: 'ENDPOINT_REFUSED' });
    const [outcome] = await records('outcome');
    expect(outcome).toMatchObject({ verdict: 'failed', error: 'ENDPOINT_REFUSED' });
    expect(outcome).toMatchObject({ sentBytes: expect.toSatisfy((bytes: number) => bytes > 50) });
    expect(outcome).toMatchObject({ costUsd: expect.toSatisfy((costUsd: number) => costUsd > 0) });
  });

  it('says nothing of what questions take at the same endpoint', async () => {
    const { forward, records } = gateway(says, { tasks: ['text-classification'] });
    await forward();
    expect(await records('run')).toEqual([]);
  });

  it('does not go where the budget is spent', async () => {
    const { forward, asked } = gateway(says, {
      budget: withRequests(spentBudget('the month is spent')),
    });
    await expect(forward()).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect(asked()).toBe(0);
  });

  it('goes where a soft budget is spent, as nobody else can answer, and says so', async () => {
    const { forward, asked } = gateway(says, {
      budget: withRequests(spentBudget('the month is spent', { whenSpent: 'degrade' })),
    });
    expect(await forward()).toMatchObject({ spentBudget: 'month/bytes' });
    expect(asked()).toBe(1);
  });

  it('is paid for by the budgets of its key, and kept with it', async () => {
    const store = createMemoryBudgetStore();
    const limit: BudgetLimit = {
      scope: { key: 'desk' },
      period: 'month',
      unit: 'usd',
      limit: 0.01,
      whenSpent: 'local',
      alertAt: [],
    };
    const limits = [limit];
    const { clock, random } = createFakePorts({ catalog: exampleCatalog() });
    const budget = createBudget({ limits: () => limits, store, clock, random });
    const { forward, records, asked } = gateway(says, { budget });
    await forward({ key: 'desk', body: { ...body, max_tokens: 500 } });
    expect(await budget.standings()).toMatchObject([{ spent: expect.closeTo(0.002, 9), reserved: 0 }]);
    expect(await records('outcome')).toMatchObject([{ key: 'desk' }]);
    // Without a bound, as much as a model can say has to be there.
    await expect(forward({ key: 'desk' })).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect(await forward({ key: 'other' })).toMatchObject({ spentBudget: undefined });
    expect(asked()).toBe(2);
  });
});

import { describe, expect, it } from 'vitest';
import type { BudgetLimit } from '../budget/budget-limit.js';
import { createRuntime } from '../runtime.js';
import { createBudget } from '../runtime/create-budget.js';
import { exampleCatalog } from '../testing/example-catalog.js';
import { exampleEndpoint } from '../testing/example-endpoint.js';
import { jsonReply } from '../testing/fake-site.js';
import { createFakePorts } from '../testing/index.js';
import type { RuntimePorts } from '../runtime/stages.js';
import { createMemoryBudgetStore } from '../budget/memory-budget-store.js';
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

describe('a chat whose answer comes in pieces', () => {
  const event = `data: ${JSON.stringify({ choices: [{ delta: { content: 'a' } }] })}\n\n`;
  const counts = `data: {"usage":{"prompt_tokens":1000,"completion_tokens":500}}\n\n`;
  const streamed = { ...body, stream: true, max_tokens: 1000 };

  function streaming(...events: readonly string[]) {
    const limits: BudgetLimit[] = [
      { scope: {}, period: 'month', unit: 'usd', limit: 1, whenSpent: 'local', alertAt: [] },
    ];
    const { clock, random } = createFakePorts({ catalog: exampleCatalog() });
    const budget = createBudget({ limits: () => limits, store: createMemoryBudgetStore(), clock, random });
    const pieces = async function* () {
      for (const each of events) yield new TextEncoder().encode(each);
    };
    const reply = () => ({ ...jsonReply({}, 200, { 'content-type': 'text/event-stream' }), body: pieces() });
    const { forward, records } = gateway(reply, { budget });
    const over = new AbortController();
    const open = async () => {
      const forwarded = await forward({ body: streamed, signal: over.signal });
      return { forwarded, pieces: (forwarded.body as AsyncIterable<unknown>)[Symbol.asyncIterator]() };
    };
    /** What the books and the ledger say. */
    const costs = async () => {
      await new Promise((resolve) => setTimeout(resolve));
      const [standing] = await budget.standings();
      const [outcome] = await records('outcome');
      return { ...standing!, kept: outcome };
    };
    return { open, costs, over };
  }

  it('costs what its server counts, in the books and in the ledger', async () => {
    const { open, costs } = streaming(event, counts, 'data: [DONE]\n\n');
    const { pieces } = await open();
    while (!(await pieces.next()).done);
    expect(await costs()).toMatchObject({
      spent: expect.closeTo(0.002, 9),
      reserved: 0,
      kept: { costUsd: expect.closeTo(0.002, 9), tokens: 1500, verdict: 'accept' },
    });
  });

  it('costs what has come when its reader goes away, and what was sent when it is never read', async () => {
    const left = streaming(...Array<string>(100).fill(event));
    const { forwarded, pieces } = await left.open();
    for (let read = 0; read < 10; read++) await pieces.next();
    left.over.abort();
    const { spent, reserved, kept } = await left.costs();
    expect(spent).toBeCloseTo(forwarded.costUsd + (10 * 2) / 1e6, 12);
    expect({ reserved, kept }).toMatchObject({ reserved: 0, kept: { costUsd: spent } });

    const unread = streaming(event);
    const { costUsd } = (await unread.open()).forwarded;
    unread.over.abort();
    expect(await unread.costs()).toMatchObject({ spent: costUsd, reserved: 0, kept: { costUsd } });
  });
});

it('a chat that could not be sent costs nothing', async () => {
  const { forward, records } = gateway(() => {
    throw Object.assign(new Error('nobody listens'), { code: 'ECONNREFUSED' });
  });
  await expect(forward()).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  expect(await records('outcome')).toMatchObject([{ verdict: 'failed', costUsd: 0, sentBytes: 0 }]);
});

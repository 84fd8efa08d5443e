import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { EASY } from './support/answers.js';
import { terrace } from './support/run-cli.js';
import { serve } from './support/serve.js';
import { temporaryHome } from './support/temporary-home.js';

const LONG_MS = 30_000;

interface Standing {
  readonly id: string;
  readonly spent: number;
  readonly reserved: number;
}

const ask = (url: string, path = '/v1/infer', body: object = { text: EASY, domain: 'clinc150', policy: 'nano' }) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('a server whose requests are paid for by budgets', () => {
  it('counts what the device computes as the command beside it does', { timeout: LONG_MS }, async () => {
    const home = temporaryHome();
    await terrace(['budget', 'set', '1MJ/month', '--hard'], { home });
    const { url } = await serve(home, '--log-level', 'silent');
    for (let i = 0; i < 5; i++) expect((await ask(url)).status).toBe(200);
    const standingsOf = async (): Promise<readonly Standing[]> =>
      ((await (await fetch(`${url}/v1/terrace/budgets`)).json()) as { budgets: readonly Standing[] }).budgets;
    const [served] = await standingsOf();
    expect(served).toMatchObject({ id: 'month/joules', reserved: 0 });
    expect(served!.spent).toBeGreaterThan(0);
    const { budgets } = (await terrace(['budget', 'show', '--json'], { home })).json<{
      budgets: readonly Standing[];
    }>();
    expect(budgets[0]!.spent).toBeCloseTo(served!.spent, 12);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('terrace_budget_spent{budget="month/joules"');
  });

  it('counts by the first budget that is set beside it', { timeout: LONG_MS }, async () => {
    const home = temporaryHome();
    const { url } = await serve(home, '--log-level', 'silent');
    expect(await (await fetch(`${url}/v1/terrace/budgets`)).json()).toEqual({ budgets: [] });
    expect((await ask(url)).status).toBe(200);
    await terrace(['budget', 'set', '0J/day', '--when-spent', 'refuse'], { home });
    await expect.poll(async () => (await ask(url)).status, { timeout: LONG_MS / 2 }).toBe(429);
    await terrace(['budget', 'set', 'day/joules', '--remove'], { home });
    await expect.poll(async () => (await ask(url)).status, { timeout: LONG_MS / 2 }).toBe(200);
  });

  it(
    'answers 429 once a budget that refuses is spent, in the form of each interface',
    { timeout: LONG_MS },
    async () => {
      const home = temporaryHome();
      await terrace(['budget', 'set', '0J/day', '--when-spent', 'refuse'], { home });
      const { url } = await serve(home, '--log-level', 'silent');
      const native = await ask(url);
      expect(native.status).toBe(429);
      expect(await native.json()).toMatchObject({
        error: { code: 'BUDGET_EXHAUSTED', facts: { budget: 'day/joules' } },
      });
      const waitSeconds = Number(native.headers.get('retry-after'));
      expect(waitSeconds).toBeGreaterThan(0);
      expect(waitSeconds).toBeLessThanOrEqual(86_400);
      const chat = { model: 'nano:clinc150', messages: [{ role: 'user' as const, content: EASY }], stream: true };
      const openai = await ask(url, '/v1/chat/completions', chat);
      expect(openai.status).toBe(429);
      expect(await openai.json()).toMatchObject({ error: { type: 'insufficient_quota', code: 'insufficient_quota' } });
      // By itself OpenAI's client tries a 429 twice more: it was asked once.
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'nobody asks for it' });
      await expect(client.chat.completions.create({ ...chat, stream: false } as const)).rejects.toMatchObject({
        status: 429,
        type: 'insufficient_quota',
      });
      expect(await (await fetch(`${url}/metrics`)).text()).toContain(
        'terrace_budget_refusals_total{budget="day/joules"} 3',
      );
    },
  );
});

import { describe, expect, it } from 'vitest';
import { questionTokens } from '../catalog/question-tokens.js';
import type { RemoteTier } from '../catalog/tier.js';
import { EndpointFailedError } from '../errors/endpoint-failed-error.js';
import { EndpointOverloadedError } from '../errors/endpoint-overloaded-error.js';
import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { EndpointUnreachableError } from '../errors/endpoint-unreachable-error.js';
import type { Budget } from '../ports/budget.js';
import { exampleEndpoint, exampleRemoteTier, exampleTwin } from '../testing/example-endpoint.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { spentBudget } from '../testing/spent-budget.js';
import type { EndpointClient, RemoteAsk, RemoteReply } from './endpoint-client.js';
import { createLink, type CallCost } from './link.js';

const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => void setTimeout(resolve, 0));
};
const words = { message: 'It broke.', hint: 'Wait.' };
const nobody = () => new EndpointUnreachableError({ ...words, facts: { phase: 'connect' } });

function reply(label = 'balance', changes: Partial<RemoteReply> = {}): RemoteReply {
  return {
    answer: { kind: 'label', labels: ['balance', 'transfer'], label, confidence: 0.9 },
    inputTokens: 8,
    outputTokens: 2,
    sentBytes: 120,
    receivedBytes: 300,
    computedBy: undefined,
    costUsd: undefined,
    ...changes,
  };
}

/** A link to an endpoint that answers as it is told to. */
function linked({ tier = exampleRemoteTier(), budget }: { tier?: RemoteTier; budget?: Pick<Budget, 'pay'> } = {}) {
  const clock = createFakeClock();
  const asks: RemoteAsk[] = [];
  const costs: CallCost[] = [];
  let ups = 0;
  let answer = (_: AbortSignal): Promise<RemoteReply> => Promise.resolve(reply());
  const client: EndpointClient = {
    ask(ask, signal) {
      asks.push(ask);
      return answer(signal);
    },
    describe: () => Promise.reject(new Error('not asked')),
  };
  const link = createLink({
    client,
    mayLeave: (text) => text.replace('Jo', '[NAME_1]'),
    timeoutMs: 30_000,
    hedging: true,
    budget,
    clock,
    random: () => 0.5,
    onUp: () => ups++,
  });
  const ask = {
    task: 'text-classification',
    text: 'how much is left',
    domain: 'bank',
    labels: ['balance', 'transfer'],
    outOfScopeLabel: null,
    requestId: 'r1',
  } as const;
  return {
    clock,
    asks,
    costs,
    link,
    ups: () => ups,
    answers: (next: typeof answer) => (answer = next),
    ask: (signal?: AbortSignal, mayRepeat = () => true) =>
      link.ask({ tier, ask, expectedMs: 10, signal, onCall: (cost) => costs.push(cost), mayRepeat }),
  };
}

describe('a link', () => {
  it('is up until it knows better, and tells what a call cost', async () => {
    const tier = exampleRemoteTier(exampleEndpoint({ price: { ...exampleEndpoint().price, perCall: 0.002 } }));
    const { ask, link, costs } = linked({ tier });
    expect(link.state()).toEqual({ kind: 'up' });
    expect(await ask()).toMatchObject({ calls: 1, reply: { answer: { label: 'balance' } } });
    const sum = (field: keyof CallCost) => costs.reduce((total, cost) => total + cost[field], 0);
    expect([sum('costUsd'), sum('sentBytes')]).toEqual([0.002, 120]);
  });

  it('is offline as soon as nobody is there, and asks nothing of users then', async () => {
    const { ask, link, answers, asks } = linked();
    answers(() => Promise.reject(nobody()));
    await expect(ask()).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
    expect(link.state()).toMatchObject({ kind: 'offline' });
    const before = asks.length;
    await expect(ask()).rejects.toMatchObject({ facts: { phase: 'held' } });
    expect(asks).toHaveLength(before);
  });

  it('asks the golden question, never a user’s, until it is answered rightly, and tells that it is up', async () => {
    const golden = { text: 'what is my balance', domain: 'bank', label: 'balance' };
    const { ask, link, answers, asks, clock, ups } = linked({ tier: exampleRemoteTier(exampleEndpoint({ golden })) });
    answers(() => Promise.reject(nobody()));
    await ask().catch(() => undefined);
    asks.length = 0;
    clock.advance(1000);
    await settled();
    expect(asks.map(({ text }) => text)).toEqual([golden.text]);
    answers(() => Promise.resolve(reply('transfer')));
    clock.advance(10_000);
    await settled();
    expect(link.state()).toMatchObject({ kind: 'failing' });
    answers(() => Promise.resolve(reply('balance')));
    clock.advance(10_000);
    await settled();
    expect(link.state()).toEqual({ kind: 'up' });
    expect(ups()).toBe(1);
    expect(new Set(asks.map(({ text }) => text))).toEqual(new Set([golden.text]));
  });

  it('has its golden question paid for, and none is asked where a hard budget is spent', async () => {
    const tier = exampleRemoteTier(exampleEndpoint({ price: { ...exampleEndpoint().price, perCall: 0.002 } }));
    const { signal } = new AbortController();
    let paidUsd = 0;
    const pay: Budget['pay'] = ({ atMost }, run) => {
      expect(atMost.usd).toBeGreaterThanOrEqual(0.002);
      return run({ add: ({ usd = 0 }) => void (paidUsd += usd), covers: () => true });
    };
    await linked({ tier, budget: { pay } }).link.check(tier, signal);
    expect(paidUsd).toBeCloseTo(0.002, 12);

    const { link, asks } = linked({ tier, budget: spentBudget('the month is spent') });
    await expect(link.check(tier, signal)).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect(asks).toEqual([]);
    const soft = linked({ tier, budget: spentBudget('the month is spent', { whenSpent: 'degrade' }) });
    await soft.link.check(tier, signal);
    expect(soft.asks).toHaveLength(1);
  });

  it('tells nothing in its golden question that must not leave', async () => {
    const golden = { text: 'what is the balance of Jo', domain: 'bank', label: 'balance' };
    const { ask, answers, asks, clock } = linked({ tier: exampleRemoteTier(exampleEndpoint({ golden })) });
    answers(() => Promise.reject(nobody()));
    await ask().catch(() => undefined);
    asks.length = 0;
    clock.advance(1000);
    await settled();
    expect(asks).toMatchObject([{ text: 'what is the balance of [NAME_1]' }]);
  });

  it('ends a probe that is under way when it is closed', async () => {
    const { ask, link, answers, clock } = linked();
    answers(() => Promise.reject(nobody()));
    await ask().catch(() => undefined);
    let probing: AbortSignal | undefined;
    answers(
      (signal) =>
        new Promise((_, reject) => {
          probing = signal;
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    clock.advance(1000);
    await settled();
    expect(probing).toMatchObject({ aborted: false });
    link.close();
    expect(probing).toMatchObject({ aborted: true });
  });

  it('does not take a chat that is given up for a site that does not answer, however fast its questions are', async () => {
    const { ask, link, answers, clock } = linked();
    answers(async () => {
      clock.advance(10);
      return reply();
    });
    for (let i = 0; i < 40; i++) await ask();
    for (let i = 0; i < 10; i++) {
      const stop = new AbortController();
      const chat = link.use(
        (signal) => new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason as Error))),
        { tier: exampleRemoteTier(), expectedMs: 2000, signal: stop.signal },
      );
      clock.advance(1000);
      stop.abort(new Error('enough'));
      await expect(chat).rejects.toThrow('enough');
    }
    await settled();
    expect(link.state()).toEqual({ kind: 'up' });
  });

  it('is probed in a domain that it answers in with the labels at hand, whichever its golden question is of', async () => {
    const golden = { text: 'transfer it', domain: 'law', label: 'tort' };
    const { ask, link, answers, asks, clock } = linked({ tier: exampleRemoteTier(exampleEndpoint({ golden })) });
    answers(() => Promise.reject(nobody()));
    await expect(ask()).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
    asks.length = 0;
    answers(() => Promise.resolve(reply('balance')));
    clock.advance(10_000);
    await settled();
    expect(asks).toMatchObject([{ domain: 'bank', labels: exampleRemoteTier().delta!.labels }]);
    expect(link.state()).toEqual({ kind: 'up' });
  });

  it('leaves an endpoint alone for as long as it asks', async () => {
    const { ask, link, answers, clock } = linked();
    const busy = { ...words, facts: { status: 429, retryAfterMs: 30_000 } };
    answers(() => Promise.reject(new EndpointOverloadedError(busy)));
    await expect(ask()).rejects.toMatchObject({ code: 'ENDPOINT_OVERLOADED' });
    expect(link.state()).toMatchObject({ kind: 'held' });
    clock.advance(30_001);
    expect(link.state()).toEqual({ kind: 'up' });
  });

  it('asks a second time when the first call is late, once it knows what late is', async () => {
    const { ask, answers, asks, clock } = linked();
    answers(async () => {
      clock.advance(10);
      return reply();
    });
    for (let i = 0; i < 40; i++) await ask();
    asks.length = 0;
    let calls = 0;
    answers((signal) =>
      calls++ === 0
        ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
        : Promise.resolve(reply('transfer')),
    );
    const late = ask();
    await settled();
    clock.advance(16);
    expect(await late).toMatchObject({ calls: 2, reply: { answer: { label: 'transfer' } } });
    expect(asks).toHaveLength(2);
  });

  it('makes no call more than the request can pay for, neither after a failure nor for a late answer', async () => {
    const { ask, answers, asks, clock } = linked();
    const broken = new EndpointFailedError(words);
    answers(() => Promise.reject(broken));
    await expect(ask(undefined, () => false)).rejects.toBe(broken);
    expect(asks).toHaveLength(1);
    answers(async () => {
      clock.advance(10);
      return reply();
    });
    for (let i = 0; i < 40; i++) await ask();
    asks.length = 0;
    let answer = (): void => undefined;
    answers(() => new Promise((resolve) => (answer = () => resolve(reply()))));
    const late = ask(undefined, () => false);
    await settled();
    clock.advance(1000);
    await settled();
    answer();
    expect(await late).toMatchObject({ calls: 1 });
  });

  it('counts what a chat model is told besides the text, also when it does not answer', async () => {
    const price = { ...exampleEndpoint().price, perMillionInputTokens: 1 };
    const tier = exampleRemoteTier(exampleEndpoint({ protocol: 'openai', price }));
    const { ask, answers, costs } = linked({ tier });
    answers(() => Promise.reject(new EndpointRefusedError({ ...words, facts: { status: 400 } })));
    await ask().catch(() => undefined);
    const { inputTokens } = questionTokens(tier, Math.ceil('how much is left'.length / 4));
    expect(costs).toHaveLength(1);
    expect(costs[0]!.costUsd).toBeCloseTo(inputTokens / 1e6, 15);
    expect(costs[0]!.sentBytes).toBeGreaterThan(200);
  });

  it('has a chat passed on once more only where nobody can have begun it', async () => {
    const { link } = linked();
    const callsUntil = async (failure: Error): Promise<number> => {
      let calls = 0;
      const work = (): Promise<never> => {
        calls++;
        return Promise.reject(failure);
      };
      const { signal } = new AbortController();
      await link.use(work, { tier: exampleRemoteTier(), expectedMs: 10, signal }).catch(() => undefined);
      return calls;
    };
    expect(await callsUntil(new EndpointUnreachableError({ ...words, facts: { phase: 'answer' } }))).toBe(1);
    expect(await callsUntil(new EndpointOverloadedError({ ...words, facts: { status: 429 } }))).toBe(3);
  });

  it('is left alone for as long as it asks, whatever other calls are answered meanwhile', async () => {
    const { ask, link, answers } = linked();
    let answer = (): void => undefined;
    answers(() => new Promise((resolve) => (answer = () => resolve(reply()))));
    const before = ask();
    await settled();
    const busy = { ...words, facts: { status: 429, retryAfterMs: 30_000 } };
    answers(() => Promise.reject(new EndpointOverloadedError(busy)));
    await ask().catch(() => undefined);
    answer();
    await before;
    expect(link.state()).toMatchObject({ kind: 'held' });
  });

  it('pays for calls that are cancelled', async () => {
    const { ask, answers, costs } = linked();
    answers(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    const stop = new AbortController();
    const asked = ask(stop.signal);
    await settled();
    stop.abort(new Error('not needed'));
    await expect(asked).rejects.toThrow('not needed');
    expect(costs).toMatchObject([{ sentBytes: 'how much is left'.length }]);
  });

  it('counts nothing as sent where nobody was there to send it to', async () => {
    const { ask, answers, costs } = linked();
    answers(() => Promise.reject(nobody()));
    await expect(ask()).rejects.toThrow();
    expect(costs.reduce((sum, { sentBytes }) => sum + sentBytes, 0)).toBe(0);
  });

  it('does not probe before the time at which an endpoint that broke down wants to be asked', async () => {
    const { ask, answers, asks, clock, ups } = linked();
    const busy = { ...words, facts: { status: 503, retryAfterMs: 60_000 } };
    answers(() => Promise.reject(new EndpointOverloadedError(busy)));
    // At once, as none of them knows what the others were told.
    await Promise.allSettled(Array.from({ length: 6 }, () => ask()));
    const sent = asks.length;
    answers(() => Promise.resolve(reply()));
    clock.advance(59_999);
    await settled();
    expect(asks).toHaveLength(sent);
    clock.advance(1);
    await settled();
    expect([asks.length, ups()]).toEqual([sent + 1, 1]);
  });

  it('is probed at once when the network may be back, unless the endpoint wants to be left alone', async () => {
    const { ask, link, answers, asks, clock, ups } = linked();
    answers(() => Promise.reject(nobody()));
    await expect(ask()).rejects.toThrow();
    // The pauses have grown to half a minute.
    for (let second = 0; second < 60; second++) {
      clock.advance(1000);
      await settled();
    }
    const sent = asks.length;
    answers(() => Promise.resolve(reply()));
    link.lookAgain();
    await settled();
    expect([asks.length, ups(), link.state().kind]).toEqual([sent + 1, 1, 'up']);
    const busy = { ...words, facts: { status: 503, retryAfterMs: 60_000 } };
    answers(() => Promise.reject(new EndpointOverloadedError(busy)));
    await Promise.allSettled(Array.from({ length: 6 }, () => ask()));
    const held = asks.length;
    link.lookAgain();
    await settled();
    expect(asks).toHaveLength(held);
  });

  it('gives up a probe that is not answered, and makes another', async () => {
    const { ask, answers, asks, clock, ups } = linked();
    answers(() => Promise.reject(nobody()));
    await expect(ask()).rejects.toThrow();
    answers(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    clock.advance(250);
    await settled();
    expect(asks).toHaveLength(2);
    answers(() => Promise.resolve(reply()));
    clock.advance(2000);
    await settled();
    clock.advance(500);
    await settled();
    expect([asks.length, ups()]).toEqual([3, 1]);
  });

  it('passes no chat on while the endpoint wants to be left alone', async () => {
    const { link, clock } = linked();
    const tier = exampleRemoteTier();
    const busy = new EndpointOverloadedError({ ...words, facts: { status: 429, retryAfterMs: 5000 } });
    let chats = 0;
    const chat = (fails: boolean) =>
      link.use(() => (chats++, fails ? Promise.reject(busy) : Promise.resolve('ok')), {
        tier,
        expectedMs: 10,
        signal: new AbortController().signal,
      });
    await expect(chat(true)).rejects.toBe(busy);
    clock.advance(2000);
    await expect(chat(false)).rejects.toMatchObject({ code: 'ENDPOINT_OVERLOADED', facts: { retryAfterMs: 3000 } });
    clock.advance(3000);
    expect(await chat(false)).toBe('ok');
    expect(chats).toBe(2);
  });

  it('does not believe an endpoint that computes with other weights than it was added with', async () => {
    const { ask, link, answers } = linked({ tier: exampleRemoteTier(exampleTwin()) });
    answers(() => Promise.resolve(reply('balance', { computedBy: { variant: 'f'.repeat(64), delta: undefined } })));
    await expect(ask()).rejects.toMatchObject({ code: 'REMOTE_ANSWER_INVALID' });
    expect(link.state()).toMatchObject({ kind: 'failing' });
  });
});

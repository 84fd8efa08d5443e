import { describe, expect, it } from 'vitest';
import type { Catalog } from '../catalog/schema.js';
import type { Budget, PayAsk } from '../ports/budget.js';
import type { Learning, Observation } from '../ports/learning.js';
import { createRuntime } from '../runtime.js';
import {
  createFakePorts,
  EXAMPLE_LABELS,
  exampleBase,
  exampleCalibration,
  exampleCatalog,
  exampleDelta,
  exampleNano,
  fakeSha,
  scoresFor,
  type FakeModel,
} from '../testing/index.js';
import { fold } from './fold.js';
import { withRequests } from './request-budget.js';
import type { Step } from './step.js';

const loadSequel = () => import('./sequel.js');
const CARD_LABELS = ['lost', 'stolen'];

/** `bank`, whose sub-domain `cards` is a domain of its own with a delta of `base`. */
function catalogWithCards(): Catalog {
  const plain = exampleCatalog();
  const cards = exampleDelta(exampleBase(), {
    id: 'bank.cards/base',
    contentId: fakeSha('cards'),
    domain: 'bank/cards',
    labels: CARD_LABELS,
    outOfScopeLabel: null,
    subDomains: {},
  });
  const domain: Catalog['domains'][number] = {
    id: 'bank/cards',
    task: 'text-classification',
    ladderRevision: fakeSha('cards ladder'),
    subDomains: [],
  };
  return { ...plain, deltas: [...plain.deltas, cards], domains: [...plain.domains, domain] };
}

function device({
  label = 'new_card',
  probability = 0.999,
  cards = {},
  catalog = catalogWithCards(),
  learning,
  budget,
}: {
  label?: string;
  probability?: number;
  /** How `base` behaves in the narrower domain. */
  cards?: FakeModel;
  catalog?: Catalog;
  learning?: Learning;
  budget?: Budget;
} = {}) {
  const narrow = scoresFor('stolen', 0.97, CARD_LABELS);
  const wide = scoresFor(label, probability, EXAMPLE_LABELS);
  const fakes = createFakePorts({ catalog, calibration: 'none' });
  const { models } = fakes.engine;
  models['nano'] = { scores: () => wide };
  models['base'] = {
    ...cards,
    scores: (text) => {
      const { deltaId } = fakes.engine.runs.at(-1)!.input;
      return deltaId === fakeSha('cards') ? (cards.scores?.(text) ?? narrow) : wide;
    },
  };
  return {
    ...fakes,
    runtime: createRuntime({
      ...fakes,
      loadSequel,
      ...(learning && { learning }),
      ...(budget && { budget: withRequests(budget) }),
    }),
  };
}

const question = { text: 'somebody took my card', domain: 'bank' } as const;
function gate() {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open: () => open() };
}
const kinds = ({ trace }: { trace: readonly { kind: string }[] }): string[] => trace.map(({ kind }) => kind);

async function outcomesOf({ runtime, entries }: ReturnType<typeof device>) {
  await runtime.flush();
  return entries.flatMap((entry) => (entry.kind === 'outcome' ? [entry.record] : []));
}

describe('an answer that falls into a sub-domain with a delta of its own', () => {
  it('is followed by the answer of that domain, in one trace on one clock', async () => {
    const { runtime } = device();
    const steps: Step[] = [];
    const stream = runtime.stream(question);
    for await (const step of stream) steps.push(step);
    const results = steps.flatMap((step) => (step.kind === 'result' ? [step.result] : []));
    expect(results).toHaveLength(1);
    const [result] = results;
    expect(result).toMatchObject({ output: { label: 'stolen' }, tier: 'base', verdict: { kind: 'accept' } });
    expect(result!.trace).toContainEqual(expect.objectContaining({ kind: 'narrow', from: 'bank', to: 'bank/cards' }));
    expect(kinds(result!).filter((kind) => kind === 'plan')).toHaveLength(2);
    const times = result!.trace.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const told = steps.flatMap((step) => (step.kind === 'trace' ? [step.event] : []));
    expect(told).toEqual(result!.trace);
  });

  it('is paid for by the budgets of its key, together with the first one', async () => {
    const asks: PayAsk[] = [];
    const made = device({
      budget: {
        whySpent: () => undefined,
        pay(ask, run) {
          asks.push(ask);
          return run({ add: () => undefined, covers: () => true });
        },
      },
    });
    const { requestId } = await made.runtime.run(question, { key: 'kiosk' });
    const [first] = await outcomesOf(made);
    expect(first!.requestId).not.toBe(requestId);
    expect(asks.map(({ scope, requestId: payer }) => [payer, scope.domain, scope.key])).toEqual([
      [first!.requestId, 'bank', 'kiosk'],
      [first!.requestId, 'bank/cards', 'kiosk'],
    ]);
    expect((await outcomesOf(made)).map(({ key }) => key)).toEqual(['kiosk', 'kiosk']);
  });

  it('is kept in the ledger for each of the domains', async () => {
    const made = device();
    const { requestId } = await made.runtime.run(question);
    const outcomes = await outcomesOf(made);
    expect(outcomes.map(({ domain, tier, error }) => [domain, tier, error])).toEqual([
      ['bank', 'nano', undefined],
      ['bank/cards', 'base', undefined],
    ]);
    expect(outcomes[1]!.requestId).toBe(requestId);
  });

  it('is final where the label is in no such sub-domain, or foreign, or not sure enough', async () => {
    for (const [label, minConfidence] of [
      ['balance', undefined],
      ['oos', undefined],
      ['new_card', 0.9999],
    ] as const) {
      const made = device({ label });
      const result = await made.runtime.run({ ...question, ...(minConfidence && { minConfidence }) });
      expect(result.output).toMatchObject({ label });
      expect(kinds(result)).not.toContain('narrow');
      expect(await outcomesOf(made)).toHaveLength(1);
    }
  });

  it('is final for a request under a bound: that was certified for no second answer', async () => {
    const fakes = createFakePorts({ catalog: catalogWithCards(), calibration: exampleCalibration(exampleCatalog()) });
    fakes.engine.models['nano'] = { scores: () => scoresFor('new_card', 0.9999, EXAMPLE_LABELS) };
    const { verdict, output, trace } = await createRuntime({ ...fakes, loadSequel }).run({ ...question, maxRisk: 0.2 });
    expect(output).toMatchObject({ label: 'new_card' });
    expect(verdict).toMatchObject({ kind: 'accept', certificate: { maxRisk: 0.2 } });
    expect(kinds({ trace })).not.toContain('narrow');
  });

  it('goes by a label of the name of the sub-domain as well', async () => {
    const catalog = catalogWithCards();
    const deltas = catalog.deltas.map((delta) =>
      delta.domain === 'bank' ? { ...delta, labels: ['cards', 'money'], subDomains: {}, outOfScopeLabel: null } : delta,
    );
    const fakes = createFakePorts({ catalog: { ...catalog, deltas }, calibration: 'none' });
    fakes.engine.models['nano'] = { scores: () => scoresFor('cards', 0.99, ['cards', 'money']) };
    fakes.engine.models['base'] = { scores: () => scoresFor('lost', 0.99, CARD_LABELS) };
    const result = await createRuntime({ ...fakes, loadSequel }).run(question);
    expect(result.output).toMatchObject({ label: 'lost' });
  });

  it('stands where the narrower domain fails', async () => {
    const made = device({
      cards: {
        onAttach: ({ deltaId }) => {
          if (deltaId === fakeSha('cards')) throw new Error('no such file');
        },
      },
    });
    const result = await made.runtime.run(question);
    expect(result).toMatchObject({ output: { label: 'new_card' }, verdict: { kind: 'accept' } });
    expect(result.trace.at(-1)).toMatchObject({ kind: 'warning', message: expect.stringContaining('bank/cards') });
    expect((await outcomesOf(made)).map(({ domain, verdict }) => [domain, verdict])).toEqual([
      ['bank', 'accept'],
      ['bank/cards', 'failed'],
    ]);
  });

  it('stands when time is up', async () => {
    const begun = gate();
    const made = device({
      cards: {
        onRun: ({ deltaId }) => {
          if (deltaId !== fakeSha('cards')) return;
          begun.open();
          return new Promise<void>(() => undefined);
        },
      },
    });
    const answer = made.runtime.run({ ...question, deadlineMs: 1000 });
    await begun.passed;
    made.clock.advance(1001);
    expect((await answer).output).toMatchObject({ label: 'new_card' });
  });

  it('is not waited for by somebody who gives up', async () => {
    const begun = gate();
    const made = device({
      cards: {
        onRun: ({ deltaId }) => {
          if (deltaId !== fakeSha('cards')) return;
          begun.open();
          return new Promise<void>(() => undefined);
        },
      },
    });
    const giveUp = new AbortController();
    const answer = made.runtime.run(question, { signal: giveUp.signal });
    await begun.passed;
    giveUp.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    expect((await outcomesOf(made)).map(({ domain, verdict }) => [domain, verdict])).toEqual([
      ['bank', 'accept'],
      ['bank/cards', 'aborted'],
    ]);
  });

  it('is not begun for somebody who gave up before', async () => {
    const giveUp = new AbortController();
    const made = device();
    const runtime = createRuntime({
      ...made,
      async loadSequel() {
        giveUp.abort(new Error('enough'));
        return loadSequel();
      },
    });
    await expect(runtime.run(question, { signal: giveUp.signal })).rejects.toThrow('enough');
    expect((await outcomesOf({ ...made, runtime })).map(({ domain }) => domain)).toEqual(['bank']);
  });

  it('is final where what follows from it cannot be loaded', async () => {
    const fakes = createFakePorts({ catalog: catalogWithCards(), calibration: 'none' });
    const sure = { scores: () => scoresFor('new_card', 0.99, EXAMPLE_LABELS) };
    Object.assign(fakes.engine.models, { nano: sure, base: sure });
    const runtime = createRuntime({ ...fakes, loadSequel: () => Promise.reject(new Error('no such file')) });
    expect((await runtime.run(question)).output).toMatchObject({ label: 'new_card' });
    expect(fakes.failures).toEqual([new Error('no such file')]);
  });
});

describe('a request that names such a sub-domain', () => {
  it('goes straight to its domain', async () => {
    const made = device();
    const result = await made.runtime.run({ ...question, subDomain: 'cards' });
    expect(result.output).toMatchObject({ label: 'stolen' });
    expect(kinds(result)).not.toContain('narrow');
    expect((await outcomesOf(made)).map(({ domain }) => domain)).toEqual(['bank/cards']);
    expect((await made.runtime.recommend({ domain: 'bank', subDomain: 'cards' })).ladder).toHaveLength(1);
  });

  it('stays in the domain where the sub-domain has none', async () => {
    const { runtime } = device({ label: 'balance' });
    const result = await runtime.run({ ...question, subDomain: 'money' });
    expect(result.output).toMatchObject({ label: 'balance' });
  });
});

describe('what answers teach', () => {
  it('is told of both domains, each by itself', async () => {
    const seen: Observation[] = [];
    const learning: Learning = { observe: (each) => void seen.push(each), distrusts: () => false };
    const { runtime } = device({ learning });
    const { requestId } = await runtime.run({ ...question, residency: 'site' });
    expect(seen.map(({ domain, label }) => [domain, label])).toEqual([
      ['bank', 'new_card'],
      ['bank/cards', 'stolen'],
    ]);
    expect(seen[1]).toMatchObject({
      requestId,
      text: question.text,
      residency: 'site',
      verdict: 'accept',
      ladderRevision: fakeSha('cards ladder'),
      said: [{ tier: 'base', placement: 'device', label: 'stolen', probability: expect.closeTo(0.97, 6) as number }],
    });
  });

  it('does not take the answer away when it fails', async () => {
    const learning: Learning = {
      observe() {
        throw new Error('full');
      },
      distrusts: () => false,
    };
    const made = device({ learning });
    expect((await made.runtime.run(question)).output).toMatchObject({ label: 'stolen' });
    expect(made.failures).toHaveLength(2);
  });

  it('is nothing without a domain', async () => {
    const seen: Observation[] = [];
    const learning: Learning = { observe: (each) => void seen.push(each), distrusts: () => true };
    const { runtime } = device({ learning });
    await runtime.run({ task: 'feature-extraction', text: 'hello' });
    expect(seen).toEqual([]);
  });
});

describe('the workshop', () => {
  it('lends the plain models, lightest first, with any delta', async () => {
    const { runtime, engine } = device();
    const rungs = await runtime.workshop.rungs();
    expect(rungs.map(({ tier }) => tier.id)).toEqual(['nano', 'base']);
    const delta = exampleDelta(exampleNano(), { contentId: fakeSha('tried') });
    const { session, done } = await runtime.workshop.borrow(rungs[0]!, { delta });
    expect(engine.attached).toEqual([fakeSha('tried')]);
    await session.run({ task: 'text-classification', text: 'hello', deltaId: fakeSha('tried') });
    done();
  });

  it('is told whether anybody waits', async () => {
    const begun = gate();
    const go = gate();
    const made = device({ label: 'balance' });
    made.engine.models['nano']!.onRun = () => {
      begun.open();
      return go.passed;
    };
    expect(made.runtime.workshop.isIdle()).toBe(true);
    const answer = fold(made.runtime.stream(question));
    await begun.passed;
    expect(made.runtime.workshop.isIdle()).toBe(false);
    go.open();
    await answer;
    expect(made.runtime.workshop.isIdle()).toBe(true);
  });
});

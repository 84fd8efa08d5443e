import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../errors/engine-error.js';
import { createFakeClock } from '../../testing/fake-clock.js';
import { createFakeTextSource, type FakeTextSource } from '../../testing/fake-text-source.js';
import { exampleTextCalibration, exampleTextRung, exampleTextTier } from '../../testing/example-text-tier.js';
import type { Script } from '../../testing/scripted-text.js';
import type { TextEstimate } from '../../text/plan/text-plan.js';
import { parseTextRequest } from '../../text/request/parse-text-request.js';
import type { TextRequestInput } from '../../text/request/text-request-schema.js';
import { fold } from '../fold.js';
import type { TextRunOptions } from './text-runtime.js';
import type { TextStep } from './text-step.js';
import { TextWalk } from './text-walk.js';

interface Tier {
  readonly script?: Script;
  readonly calibrated?: boolean;
  readonly accuracy?: number;
  readonly estimate?: Partial<TextEstimate>;
  readonly readyInMs?: number;
}

interface Asked extends Partial<TextRequestInput> {
  readonly options?: TextRunOptions;
  readonly listens?: boolean;
}

/** A walk over tiers named `a`, `b`, ... from the lightest up. */
function setUp(tiers: readonly Tier[]) {
  const clock = createFakeClock();
  const broken: string[] = [];
  const ids = tiers.map((_, i) => 'abc'[i]!);
  const sources = new Map<string, FakeTextSource>(
    tiers.map(({ script, readyInMs = 0 }, i) => [ids[i]!, createFakeTextSource(script, { readyInMs })]),
  );
  const ladder = tiers.map(({ calibrated = false, accuracy = 0.7, estimate }, i) => {
    const calibration = calibrated ? exampleTextCalibration(ids[i]!, { accuracy }) : undefined;
    return exampleTextRung(exampleTextTier(ids[i]!), estimate, calibration);
  });
  const plan = { ladder, rejected: [], catalogRevision: 'c', ladderRevision: undefined };
  const walk = ({ options = {}, listens = true, ...input }: Asked = {}): TextWalk =>
    new TextWalk({
      request: parseTextRequest({ task: 'text-generation', text: 'hello there', ...input }),
      requestId: 'r1',
      plan: async () => plan,
      sourceOf: ({ tier }) => sources.get(tier.id)!,
      clock,
      options,
      listens,
      onBroken: ({ tier }) => void broken.push(tier.id),
    });
  const answer = async (asked?: Asked) => {
    const walked = walk(asked);
    const steps: TextStep[] = [];
    const reading = walked.steps();
    for (;;) {
      const { done, value } = await reading.next();
      if (done) {
        walked.close();
        return { result: value, steps, shown: shownOf(steps), text: value.output.choices[0]!.text };
      }
      steps.push(value);
    }
  };
  return {
    clock,
    broken,
    sources,
    walk,
    answer,
    states: (id: string) => sources.get(id)!.runs.map(({ state }) => state),
  };
}

const shownOf = (steps: readonly TextStep[], choice = 0): string =>
  steps.flatMap((step) => (step.kind === 'text' && step.choice === choice ? [step.text] : [])).join('');
const kindsOf = ({ trace }: { trace: readonly { kind: string }[] }): string[] => trace.map(({ kind }) => kind);

const SURE = -0.1;
const UNSURE = -3;
const LONG = 'one two three four five six seven eight nine ten';

describe('one tier', () => {
  it('shows its text as it comes and says how it came about', async () => {
    const { answer } = setUp([{ script: { answers: 'Paris is the capital.' } }]);
    const { result, shown, steps } = await answer();
    expect(shown).toBe('Paris is the capital.');
    expect(steps.filter(({ kind }) => kind === 'text')).toHaveLength(4);
    expect(result).toMatchObject({
      output: { kind: 'text', choices: [{ text: shown, finishReason: 'stop', toolCalls: [] }] },
      tier: 'a',
      path: ['a'],
      confidence: undefined,
      verdict: { kind: 'accept', reason: 'top', calibrated: false, certificate: undefined, degraded: undefined },
      usage: { outputTokens: 4 },
      firstTokenMs: 0,
    });
    expect(kindsOf(result)).toEqual(['plan', 'shown', 'judge', 'generate', 'stop']);
  });

  it('gives the whole answer to whoever reads no steps', async () => {
    const { walk } = setUp([{ script: { answers: 'Paris.' } }]);
    const result = await fold(walk({ listens: false }).steps());
    expect(result.output.choices[0]!.text).toBe('Paris.');
    expect(result.path).toEqual(['a']);
  });

  it('gives every choice its text', async () => {
    const { answer } = setUp([{ script: { answers: (_, choice) => `answer ${choice} is this` } }]);
    const { result, steps } = await answer({ generation: { n: 3 } });
    expect(result.output.choices.map(({ text }) => text)).toEqual([0, 1, 2].map((i) => shownOf(steps, i)));
    expect(shownOf(steps, 2)).toBe('answer 2 is this');
  });

  it('writes no more than its reader takes', async () => {
    const { walk, sources } = setUp([{ script: { answers: LONG } }]);
    const reading = walk().steps();
    while (true) {
      const { value } = await reading.next();
      if ((value as TextStep).kind === 'text') break;
    }
    expect(sources.get('a')!.runs[0]!.written).toBe(1);
    await reading.return(undefined as never);
    expect(sources.get('a')!.runs[0]!.state).toBe('cancelled');
  });

  it('accepts nothing unsure where a confidence is demanded, and claims none without a calibration', async () => {
    const unsure = setUp([{ calibrated: true, script: { logProbs: UNSURE } }]);
    expect((await unsure.answer({ minConfidence: 0.7 })).result.verdict).toMatchObject({
      kind: 'abstain',
      reason: 'confidence',
    });
    const unknown = setUp([{ script: { logProbs: SURE } }]);
    expect((await unknown.answer({ minConfidence: 0.7 })).result.verdict).toMatchObject({
      kind: 'abstain',
      reason: 'uncertified',
    });
    const sure = setUp([{ calibrated: true, script: { logProbs: SURE } }]);
    const { result } = await sure.answer({ minConfidence: 0.7 });
    expect(result.verdict.kind).toBe('accept');
    expect(result.confidence).toBeGreaterThan(0.9);
  });

  it('abstains where its caller says no', async () => {
    const { answer } = setUp([{ script: { answers: 'Lyon.' } }]);
    const check = (text: string): number => (text === 'Paris.' ? 1 : 0);
    const { result } = await answer({ options: { check } });
    expect(result.verdict).toMatchObject({ kind: 'abstain', reason: 'confidence' });
    expect(result.features.checked).toBe(0);
  });

  it('ends with what there is at the deadline, and never with nothing', async () => {
    const late: Script = { answers: LONG, onTurn: async (turn) => void (await clock.sleep(turn === 0 ? 500 : 100)) };
    const { answer, clock, states } = setUp([{ script: late }]);
    const answered = answer({ deadlineMs: 200 });
    for (let i = 0; i < 20; i++) await tick(clock, 100);
    const { result, shown } = await answered;
    expect(shown).toBe('one');
    expect(result.output.choices[0]).toMatchObject({ text: 'one', finishReason: 'length' });
    expect(result.verdict).toMatchObject({ kind: 'accept', reason: 'cut-short', degraded: 'deadline' });
    expect(states('a')).toEqual(['cancelled']);
  });

  it('throws what it fails with where nobody else can answer', async () => {
    const { answer, broken } = setUp([{ script: { failAfter: 0 } }]);
    await expect(answer()).rejects.toBeInstanceOf(EngineError);
    expect(broken).toEqual(['a']);
  });
});

const tick = async (clock: { advance(ms: number): void }, ms: number): Promise<void> => {
  await new Promise((resolve) => void setTimeout(resolve, 0));
  clock.advance(ms);
};

describe('tokens that are held back', () => {
  const unsure: Tier = { calibrated: true, script: { answers: `wrong ${LONG}`, logProbs: UNSURE } };
  const sure: Tier = { calibrated: true, script: { answers: LONG, logProbs: SURE } };
  const higher: Tier = { calibrated: true, accuracy: 0.95, script: { answers: 'right answer', logProbs: SURE } };

  it('are shown when they are sure enough', async () => {
    const { answer, sources } = setUp([sure, higher]);
    const { shown, result } = await answer({ minConfidence: 0.7 });
    expect(shown).toBe(LONG);
    expect(result.path).toEqual(['a']);
    expect(sources.get('b')!.runs).toEqual([]);
  });

  it('are never seen where a higher tier takes over', async () => {
    const { answer, states } = setUp([unsure, higher]);
    const { shown, result, steps } = await answer({ minConfidence: 0.7 });
    expect(shown).toBe('right answer');
    expect(JSON.stringify(steps)).not.toContain('wrong');
    expect(result).toMatchObject({ tier: 'b', path: ['b'], verdict: { kind: 'accept', reason: 'top' } });
    expect(kindsOf(result)).toEqual(['plan', 'judge', 'climb', 'generate', 'shown', 'judge', 'generate', 'stop']);
    expect(states('a')).toEqual(['cancelled']);
    // What was thrown away was computed all the same.
    expect(result.usage.outputTokens).toBe(4 + 2);
  });

  it('are shown at once where nothing could come of holding them', async () => {
    for (const tiers of [[unsure], [{ ...unsure, calibrated: false }, higher]]) {
      const { walk, sources } = setUp(tiers);
      const reading = walk().steps();
      while (((await reading.next()).value as TextStep).kind !== 'text');
      expect(sources.get('a')!.runs[0]!.written).toBe(1);
    }
    const { answer } = setUp([unsure, higher]);
    expect((await answer({ minConfidence: 0.7, holdMs: 0 })).shown).toContain('wrong');
  });

  it('are decided on when their time is up, however few they are', async () => {
    const slow: Script = { ...sure.script, onTurn: async (turn) => void (turn > 0 && (await clock.sleep(300))) };
    const { walk, clock, sources } = setUp([{ ...sure, script: slow }, higher]);
    const reading = walk({ minConfidence: 0.7, holdMs: 500 }).steps();
    const next = async (): Promise<TextStep> => {
      const step = reading.next();
      for (let i = 0; i < 8; i++) await tick(clock, 100);
      return (await step).value as TextStep;
    };
    const kinds: string[] = [];
    for (let step = await next(); ; step = await next()) {
      kinds.push(step.kind === 'trace' ? step.event.kind : step.kind);
      if (step.kind === 'text') break;
    }
    expect(kinds).toEqual(['plan', 'judge', 'shown', 'text']);
    expect(sources.get('a')!.runs[0]!.written).toBeLessThan(4);
    await reading.return(undefined as never);
  });

  it('stay where a higher tier would come too late', async () => {
    const { answer } = setUp([unsure, { ...higher, readyInMs: 5000 }]);
    const { shown, result } = await answer({ minConfidence: 0.7, deadlineMs: 1000 });
    expect(shown).toContain('wrong');
    expect(result.verdict.kind).toBe('abstain');
  });

  it('are judged whole where the answer is shorter than that', async () => {
    const { answer } = setUp([{ calibrated: true, script: { answers: 'no', logProbs: UNSURE } }, higher]);
    expect((await answer({ minConfidence: 0.7 })).shown).toBe('right answer');
  });
});

describe('an answer that nobody reads as it comes', () => {
  it('is thrown away whole where a higher tier may do better', async () => {
    const first: Tier = { calibrated: true, script: { answers: LONG, logProbs: (i) => (i < 4 ? SURE : -9) } };
    const { walk, states } = setUp([first, { calibrated: true, script: { answers: 'right', logProbs: SURE } }]);
    const result = await fold(walk({ listens: false, minConfidence: 0.7 }).steps());
    expect(result).toMatchObject({ path: ['b'], output: { choices: [{ text: 'right' }] } });
    expect(states('a')).toEqual(['over']);
  });

  it('is given all the same where the higher tier breaks', async () => {
    const first: Tier = { calibrated: true, script: { answers: 'unsure', logProbs: UNSURE } };
    const { walk } = setUp([first, { script: { failAfter: 1 } }]);
    const result = await fold(walk({ listens: false, minConfidence: 0.7 }).steps());
    expect(result).toMatchObject({
      path: ['a'],
      output: { choices: [{ text: 'unsure' }] },
      verdict: { kind: 'abstain', degraded: 'tier-failed' },
    });
  });

  it('is drawn again where its confidence rests on that and there is time', async () => {
    const agreement = { features: ['agreement' as const], intercept: 0, weights: [8], means: [0.5], spreads: [1] };
    const { walk, sources } = setUp([
      { script: { answers: ({ generation }) => (generation.n === 2 ? 'Rome.' : 'Paris.') } },
    ]);
    const rungs = exampleTextCalibration('a', { whole: agreement });
    const plan = walk({ listens: false });
    expect((await fold(plan.steps())).features.agreement).toBeUndefined();
    const again = new TextWalk({
      request: parseTextRequest({ task: 'text-generation', text: 'hello' }),
      requestId: 'r2',
      plan: async () => ({
        ladder: [exampleTextRung(exampleTextTier('a'), {}, rungs)],
        rejected: [],
        catalogRevision: 'c',
        ladderRevision: undefined,
      }),
      sourceOf: () => sources.get('a')!,
      clock: createFakeClock(),
      options: {},
      listens: false,
      onBroken: () => undefined,
    });
    const result = await fold(again.steps());
    expect(result.features.agreement).toBe(0);
    expect(result.confidence).toBeLessThan(0.1);
    expect(result.usage.outputTokens).toBe(3);
  });
});

describe('a hand-over', () => {
  const rest: Tier = { script: { answers: LONG } };

  it('goes on from what was shown where the tier breaks', async () => {
    const { answer, sources, broken } = setUp([{ script: { answers: LONG, failAfter: 5 } }, rest]);
    const { shown, text, result } = await answer();
    expect(shown).toBe(LONG);
    expect(text).toBe(LONG);
    expect(sources.get('b')!.runs[0]!.job.prefix).toBe('one two three four five');
    expect(sources.get('b')!.runs[0]!.job.generation.maxTokens).toBe(256 - 5);
    expect(result).toMatchObject({ tier: 'b', path: ['a', 'b'], verdict: { kind: 'accept', degraded: 'tier-failed' } });
    expect(result.trace.find(({ kind }) => kind === 'handover')).toMatchObject({
      from: 'a',
      to: 'b',
      reason: 'failed',
      shownCharacters: 23,
    });
    expect(broken).toEqual(['a']);
  });

  it('goes down where the highest tier breaks', async () => {
    const unsure: Tier = { calibrated: true, script: { answers: LONG, logProbs: UNSURE } };
    const { answer } = setUp([unsure, { script: { answers: LONG, failAfter: 3 } }]);
    const { shown, result } = await answer({ minConfidence: 0.7 });
    expect(shown).toBe(LONG);
    expect(result.path).toEqual(['b', 'a']);
  });

  it('takes place where the context ends and the next tier has more of it', async () => {
    const short: Tier = { script: { answers: 'one two', finishReason: 'length' }, estimate: { contextTokens: 64 } };
    const { answer } = setUp([short, rest]);
    const { shown, result } = await answer();
    expect(shown).toBe(LONG);
    expect(result.verdict.degraded).toBeUndefined();
    const alike = setUp([{ ...short, estimate: {} }, rest]);
    expect((await alike.answer()).result).toMatchObject({
      path: ['a'],
      output: { choices: [{ finishReason: 'length' }] },
    });
  });

  it('does not take place where all that was asked for is there', async () => {
    const { answer } = setUp([{ script: { answers: LONG, failAfter: 4 } }, rest]);
    const { result } = await answer({ generation: { maxTokens: 4 } });
    expect(result.output.choices[0]).toMatchObject({ text: 'one two three four', finishReason: 'length' });
  });

  it('takes place where what is shown becomes too unsure', async () => {
    const words = Array.from({ length: 40 }, (_, i) => `w${i}`).join(' ');
    const { answer } = setUp([
      { calibrated: true, script: { answers: words, logProbs: (i) => (i < 8 ? SURE : -5) } },
      { calibrated: true, script: { answers: words } },
    ]);
    const { shown, result } = await answer({ minConfidence: 0.7 });
    expect(shown).toBe(words);
    expect(result.path).toEqual(['a', 'b']);
    // What two wrote together was never calibrated.
    expect(result.verdict).toMatchObject({ kind: 'abstain', reason: 'uncertified', calibrated: false });
  });

  it('is none where several answers are shown or nobody is left: the answer ends as it is', async () => {
    const several = setUp([{ script: { answers: LONG, failAfter: 2 } }, rest]);
    const { result, steps } = await several.answer({ generation: { n: 2 } });
    expect(result.output.choices.map(({ text, finishReason }) => [text, finishReason])).toEqual([
      ['one two', 'length'],
      ['one two', 'length'],
    ]);
    expect(shownOf(steps, 1)).toBe('one two');
    const alone = setUp([{ script: { answers: LONG, failAfter: 2 } }]);
    expect((await alone.answer()).result).toMatchObject({
      output: { choices: [{ text: 'one two', finishReason: 'length' }] },
      verdict: { kind: 'accept', reason: 'cut-short', degraded: 'tier-failed' },
    });
  });
});

describe('a tier that breaks before anything is shown', () => {
  it('is gone around', async () => {
    const { answer } = setUp([{ script: { failAfter: 0 } }, { script: { answers: 'right' } }]);
    const { result, shown } = await answer();
    expect(shown).toBe('right');
    expect(result).toMatchObject({ path: ['b'], verdict: { degraded: 'tier-failed' } });
    expect(kindsOf(result)).toEqual(['plan', 'failed', 'climb', 'shown', 'judge', 'generate', 'stop']);
  });

  it('is answered for by a lighter one that was climbed away from', async () => {
    const unsure: Tier = { calibrated: true, script: { answers: LONG, logProbs: UNSURE } };
    const { answer } = setUp([unsure, { script: { failAfter: 0 } }]);
    const { shown, result } = await answer({ minConfidence: 0.7 });
    expect(shown).toBe(LONG);
    expect(result.verdict).toMatchObject({ kind: 'abstain', degraded: 'tier-failed' });
  });
});

describe('bounds', () => {
  const grid = [{ coverage: 0.5, threshold: 0.8, accepted: 500, wrong: 1 }];

  it('begin with the tier that keeps them for most requests, and rest on its certificate', async () => {
    const { answer } = setUp([{ script: { logProbs: SURE } }, { script: { logProbs: SURE } }]);
    expect((await answer({ maxRisk: 0.05 })).result.verdict).toMatchObject({ kind: 'abstain', reason: 'uncertified' });
    const rungs = [
      exampleTextRung(exampleTextTier('a')),
      exampleTextRung(exampleTextTier('b'), {}, exampleTextCalibration('b', { grid })),
    ];
    const source = createFakeTextSource({ logProbs: SURE });
    const walk = new TextWalk({
      request: parseTextRequest({ task: 'text-generation', text: 'hello', maxRisk: 0.05 }),
      requestId: 'r',
      plan: async () => ({ ladder: rungs, rejected: [], catalogRevision: 'c', ladderRevision: undefined }),
      sourceOf: () => source,
      clock: createFakeClock(),
      options: {},
      listens: false,
      onBroken: () => undefined,
    });
    const result = await fold(walk.steps());
    expect(result).toMatchObject({
      tier: 'b',
      verdict: { kind: 'accept', certificate: { maxRisk: 0.05, threshold: 0.8 } },
    });
  });

  it('of money close a tier that costs more', async () => {
    const { answer } = setUp([{ script: { failAfter: 0 } }, { estimate: { costUsd: 0.02 } }]);
    await expect(answer({ maxCostUsd: 0.01 })).rejects.toBeInstanceOf(EngineError);
  });

  it('of form make text that has another one no answer', async () => {
    const { answer } = setUp([{ script: { answers: '{"a":' } }]);
    const { result } = await answer({ generation: { format: { kind: 'json' } } });
    expect(result.verdict.kind).toBe('abstain');
    expect(result.features.valid).toBe(0);
  });
});

it('ends its tier in every phase when whoever asked gives up', async () => {
  for (const atTurn of [0, 1, 6]) {
    const over = new AbortController();
    const script: Script = { answers: LONG, logProbs: SURE, onTurn: (turn) => turn === atTurn && over.abort() };
    const { answer, states } = setUp([{ calibrated: true, script }, { calibrated: true }]);
    await expect(answer({ options: { signal: over.signal } })).rejects.toMatchObject({ name: 'AbortError' });
    expect(states('a')).toEqual(['cancelled']);
  }
});

it('heeds who gives up also where a tier does not', async () => {
  const over = new AbortController();
  const { answer } = setUp([{ script: { onTurn: () => new Promise(() => undefined) } }]);
  const answered = answer({ options: { signal: over.signal } });
  setTimeout(() => over.abort(), 1);
  await expect(answered).rejects.toMatchObject({ name: 'AbortError' });
});

it('shows exactly what it answers, whatever breaks', async () => {
  const tier = fc.record({
    calibrated: fc.boolean(),
    script: fc.record(
      {
        answers: fc.constant(LONG),
        tokensPerTurn: fc.integer({ min: 1, max: 5 }),
        failAfter: fc.integer({ min: 0, max: 11 }),
        logProbs: fc.constantFrom(SURE, UNSURE),
        finishReason: fc.constantFrom('stop' as const, 'length' as const),
      },
      { requiredKeys: ['answers'] },
    ),
    estimate: fc.record({ contextTokens: fc.constantFrom(64, 1024) }),
  });
  const request = fc.record({
    minConfidence: fc.option(fc.constant(0.7), { nil: undefined }),
    generation: fc.record({ maxTokens: fc.integer({ min: 1, max: 12 }) }),
    holdMs: fc.constantFrom(0, 500),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(tier, { minLength: 1, maxLength: 3 }), request, async (tiers, asked) => {
      const { answer } = setUp(tiers as Tier[]);
      try {
        const { shown, text, result } = await answer(asked);
        expect(shown).toBe(text);
        expect(LONG.startsWith(text)).toBe(true);
        expect(result.path.length).toBeGreaterThan(0);
      } catch (error) {
        // Nobody could answer at all.
        expect(EngineError.isInstance(error) || String(error)).toBe(true);
        expect(tiers.every(({ script }) => script.failAfter !== undefined)).toBe(true);
      }
    }),
  );
});

import { describe, expect, it } from 'vitest';
import { EngineError } from '../../errors/engine-error.js';
import type { FakeClock } from '../../testing/fake-clock.js';
import type { Script } from '../../testing/scripted-text.js';
import { kindsOf, shownOf, textWalkOver, type WalkedTier } from './testing/text-walk-world.js';
import { fold } from '../fold.js';
import type { TextStep } from './text-step.js';

const SURE = -0.1;
const UNSURE = -3;
const LONG = 'one two three four five six seven eight nine ten';

describe('one tier', () => {
  it('shows its text as it comes and says how it came about', async () => {
    const { answer } = textWalkOver([{ script: { answers: 'Paris is the capital.' } }]);
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
    const { walk } = textWalkOver([{ script: { answers: 'Paris.' } }]);
    const result = await fold(walk({ listens: false }).steps());
    expect(result.output.choices[0]!.text).toBe('Paris.');
    expect(result.path).toEqual(['a']);
  });

  it('gives every choice its text', async () => {
    const { answer } = textWalkOver([{ script: { answers: (_, choice) => `answer ${choice} is this` } }]);
    const { result, steps } = await answer({ generation: { n: 3 } });
    expect(result.output.choices.map(({ text }) => text)).toEqual([0, 1, 2].map((i) => shownOf(steps, i)));
    expect(shownOf(steps, 2)).toBe('answer 2 is this');
  });

  it('writes no more than its reader takes', async () => {
    const { walk, sources } = textWalkOver([{ script: { answers: LONG } }]);
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
    const unsure = textWalkOver([{ calibration: {}, script: { logProbs: UNSURE } }]);
    expect((await unsure.answer({ minConfidence: 0.7 })).result.verdict).toMatchObject({
      kind: 'abstain',
      reason: 'confidence',
    });
    const unknown = textWalkOver([{ script: { logProbs: SURE } }]);
    expect((await unknown.answer({ minConfidence: 0.7 })).result.verdict).toMatchObject({
      kind: 'abstain',
      reason: 'uncertified',
    });
    const sure = textWalkOver([{ calibration: {}, script: { logProbs: SURE } }]);
    const { result } = await sure.answer({ minConfidence: 0.7 });
    expect(result.verdict.kind).toBe('accept');
    expect(result.confidence).toBeGreaterThan(0.9);
  });

  it('abstains where its caller says no', async () => {
    const { answer } = textWalkOver([{ script: { answers: 'Lyon.' } }]);
    const check = (text: string): number => (text === 'Paris.' ? 1 : 0);
    const { result } = await answer({ options: { check } });
    expect(result.verdict).toMatchObject({ kind: 'abstain', reason: 'confidence' });
    expect(result.features.checked).toBe(0);
  });

  it('ends with what there is at the deadline, and never with nothing', async () => {
    const late: Script = { answers: LONG, onTurn: async (turn) => void (await clock.sleep(turn === 0 ? 500 : 100)) };
    const { answer, clock, states } = textWalkOver([{ script: late }]);
    const answered = answer({ deadlineMs: 200 });
    for (let i = 0; i < 20; i++) await tick(clock, 100);
    const { result, shown } = await answered;
    expect(shown).toBe('one');
    expect(result.output.choices[0]).toMatchObject({ text: 'one', finishReason: 'length' });
    expect(result.verdict).toMatchObject({ kind: 'accept', reason: 'cut-short', degraded: 'deadline' });
    expect(states('a')).toEqual(['cancelled']);
  });

  it('takes the beginning of a form for no answer, whether its time was up or its reader gone', async () => {
    const generation = { format: { kind: 'json' } } as const;
    const gone = textWalkOver([{ script: { answers: '{"a": 1', finishReason: 'cancelled' } }]);
    await expect(gone.answer({ generation })).rejects.toMatchObject({
      code: 'STRUCTURE_UNMET',
      facts: { model: 'a', finishReason: 'cancelled' },
    });
    const slow: Script = { answers: '{ "a": 1 }', onTurn: async () => void (await late.clock.sleep(100)) };
    const late = textWalkOver([{ script: slow }]);
    const failed = late.answer({ deadlineMs: 200, generation }).catch((error: unknown) => error);
    for (let i = 0; i < 10; i++) await tick(late.clock, 100);
    expect(await failed).toMatchObject({
      code: 'STRUCTURE_UNMET',
      message: expect.stringContaining('its time was up'),
    });
  });

  it('says so where it was ended because nobody read on', async () => {
    const { answer } = textWalkOver([{ script: { answers: 'one two', finishReason: 'cancelled' } }]);
    expect((await answer()).result).toMatchObject({
      output: { choices: [{ text: 'one two', finishReason: 'cancelled' }] },
      verdict: { reason: 'cut-short', degraded: 'deadline' },
    });
  });

  it('throws what it fails with where nobody else can answer', async () => {
    const { answer, broken } = textWalkOver([{ script: { failAfter: 0 } }]);
    await expect(answer()).rejects.toBeInstanceOf(EngineError);
    expect(broken).toEqual(['a']);
  });
});

const tick = async (clock: FakeClock, ms: number): Promise<void> => {
  await new Promise((resolve) => void setTimeout(resolve, 0));
  clock.advance(ms);
};

describe('tokens that are held back', () => {
  const unsure: WalkedTier = { calibration: {}, script: { answers: `wrong ${LONG}`, logProbs: UNSURE } };
  const sure: WalkedTier = { calibration: {}, script: { answers: LONG, logProbs: SURE } };
  const higher: WalkedTier = { calibration: { accuracy: 0.95 }, script: { answers: 'right answer', logProbs: SURE } };

  it('are shown when they are sure enough', async () => {
    const { answer, sources } = textWalkOver([sure, higher]);
    const { shown, result } = await answer({ minConfidence: 0.7 });
    expect(shown).toBe(LONG);
    expect(result.path).toEqual(['a']);
    expect(sources.get('b')!.runs).toEqual([]);
  });

  it('are never seen where a higher tier takes over', async () => {
    const { answer, states } = textWalkOver([unsure, higher]);
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
    for (const tiers of [[unsure], [{ script: unsure.script! }, higher]]) {
      const { walk, sources } = textWalkOver(tiers);
      const reading = walk().steps();
      while (((await reading.next()).value as TextStep).kind !== 'text');
      expect(sources.get('a')!.runs[0]!.written).toBe(1);
    }
    const { answer } = textWalkOver([unsure, higher]);
    expect((await answer({ minConfidence: 0.7, holdMs: 0 })).shown).toContain('wrong');
  });

  it('are decided on when their time is up, however few they are', async () => {
    const slow: Script = { ...sure.script, onTurn: async (turn) => void (turn > 0 && (await clock.sleep(300))) };
    const { walk, clock, sources } = textWalkOver([{ ...sure, script: slow }, higher]);
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
    const { answer } = textWalkOver([unsure, { ...higher, readyInMs: 5000 }]);
    const { shown, result } = await answer({ minConfidence: 0.7, deadlineMs: 1000 });
    expect(shown).toContain('wrong');
    expect(result.verdict.kind).toBe('abstain');
  });

  it('are judged whole where the answer is shorter than that', async () => {
    const { answer } = textWalkOver([{ calibration: {}, script: { answers: 'no', logProbs: UNSURE } }, higher]);
    expect((await answer({ minConfidence: 0.7 })).shown).toBe('right answer');
  });
});

describe('an answer that nobody reads as it comes', () => {
  it('is thrown away whole where a higher tier may do better', async () => {
    const first: WalkedTier = { calibration: {}, script: { answers: LONG, logProbs: (i) => (i < 4 ? SURE : -9) } };
    const { walk, states } = textWalkOver([first, { calibration: {}, script: { answers: 'right', logProbs: SURE } }]);
    const result = await fold(walk({ listens: false, minConfidence: 0.7 }).steps());
    expect(result).toMatchObject({ path: ['b'], output: { choices: [{ text: 'right' }] } });
    expect(states('a')).toEqual(['over']);
  });

  it('is given all the same where the higher tier breaks', async () => {
    const first: WalkedTier = { calibration: {}, script: { answers: 'unsure', logProbs: UNSURE } };
    const { walk } = textWalkOver([first, { script: { failAfter: 1 } }]);
    const result = await fold(walk({ listens: false, minConfidence: 0.7 }).steps());
    expect(result).toMatchObject({
      path: ['a'],
      output: { choices: [{ text: 'unsure' }] },
      verdict: { kind: 'abstain', degraded: 'tier-failed' },
    });
  });

  it('is drawn again where its confidence rests on that and there is time', async () => {
    const agreement = { features: ['agreement' as const], intercept: 0, weights: [8], means: [0.5], spreads: [1] };
    const script: Script = { answers: ({ generation }) => (generation.n === 2 ? 'Rome.' : 'Paris.') };
    const plain = textWalkOver([{ script }]).walk({ listens: false });
    expect((await fold(plain.steps())).features.agreement).toBeUndefined();
    const { walk } = textWalkOver([{ script, calibration: { whole: agreement } }]);
    const result = await fold(walk({ listens: false }).steps());
    expect(result.features.agreement).toBe(0);
    expect(result.confidence).toBeLessThan(0.1);
    expect(result.usage.outputTokens).toBe(3);
  });
});

describe('bounds', () => {
  it('of money close a tier that costs more', async () => {
    const { answer } = textWalkOver([{ script: { failAfter: 0 } }, { estimate: { costUsd: 0.02 } }]);
    await expect(answer({ maxCostUsd: 0.01 })).rejects.toBeInstanceOf(EngineError);
  });

  it('of form make text that has another one no answer', async () => {
    const { answer } = textWalkOver([{ script: { answers: '{"a":' } }]);
    const { result } = await answer({ generation: { format: { kind: 'json' } } });
    expect(result.verdict.kind).toBe('abstain');
    expect(result.features.valid).toBe(0);
  });
});

it('ends its tier in every phase when whoever asked gives up', async () => {
  for (const atTurn of [0, 1, 6]) {
    const over = new AbortController();
    const script: Script = { answers: LONG, logProbs: SURE, onTurn: (turn) => void (turn === atTurn && over.abort()) };
    const { answer, states } = textWalkOver([{ calibration: {}, script }, { calibration: {} }]);
    await expect(answer({ options: { signal: over.signal } })).rejects.toMatchObject({ name: 'AbortError' });
    expect(states('a')).toEqual(['cancelled']);
  }
});

it('heeds who gives up also where a tier does not', async () => {
  const over = new AbortController();
  const { answer } = textWalkOver([{ script: { onTurn: () => new Promise(() => undefined) } }]);
  const answered = answer({ options: { signal: over.signal } });
  setTimeout(() => over.abort(), 1);
  await expect(answered).rejects.toMatchObject({ name: 'AbortError' });
});

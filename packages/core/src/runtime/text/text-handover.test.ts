import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContextExceededError } from '../../errors/context-exceeded-error.js';
import { EngineError } from '../../errors/engine-error.js';
import { kindsOf, shownOf, textWalkOver, type WalkedTier } from './testing/text-walk-world.js';

const SURE = -0.1;
const UNSURE = -3;
const LONG = 'one two three four five six seven eight nine ten';

describe('a hand-over', () => {
  const rest: WalkedTier = { script: { answers: LONG } };

  it('goes on from what was shown where the tier breaks', async () => {
    const { answer, sources, broken } = textWalkOver([{ script: { answers: LONG, failAfter: 5 } }, rest]);
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
    const unsure: WalkedTier = { calibration: {}, script: { answers: LONG, logProbs: UNSURE } };
    const { answer } = textWalkOver([unsure, { script: { answers: LONG, failAfter: 3 } }]);
    const { shown, result } = await answer({ minConfidence: 0.7 });
    expect(shown).toBe(LONG);
    expect(result.path).toEqual(['b', 'a']);
  });

  it('takes place where the context ends and the next tier has more of it', async () => {
    const short: WalkedTier = {
      script: { answers: 'one two', finishReason: 'length' },
      estimate: { contextTokens: 64 },
    };
    const { answer } = textWalkOver([short, rest]);
    const { shown, result } = await answer();
    expect(shown).toBe(LONG);
    expect(result.verdict.degraded).toBeUndefined();
    const alike = textWalkOver([{ ...short, estimate: {} }, rest]);
    expect((await alike.answer()).result).toMatchObject({
      path: ['a'],
      output: { choices: [{ finishReason: 'length' }] },
    });
  });

  it.each([
    ['the beginning of a stop string', 'one two ST', 'one two STOP three'],
    ['half a character', 'one two \uFFFD', 'one two 🙂 three'],
  ])('goes on before %s, which nobody has seen', async (_, begun, answers) => {
    const short: WalkedTier = { script: { answers: begun, finishReason: 'length' }, estimate: { contextTokens: 64 } };
    const { answer, sources } = textWalkOver([short, { script: { answers } }]);
    const { shown, text } = await answer({ generation: { stop: ['STOP'] } });
    expect(sources.get('b')!.runs[0]!.job.prefix).toBe('one two');
    expect(shown).toBe(answers);
    expect(text).toBe(answers);
    // Where nobody goes on it is what was written.
    const alone = await textWalkOver([short]).answer({ generation: { stop: ['STOP'] } });
    expect([alone.shown, alone.text]).toEqual([begun, begun]);
  });

  it('that nobody can take leaves no half of a form behind', async () => {
    const { answer } = textWalkOver([{ script: { answers: '{ "a": [1, 2, 3] }', failAfter: 3 } }]);
    await expect(answer({ generation: { format: { kind: 'json' } } })).rejects.toBeInstanceOf(EngineError);
  });

  it('does not take place where all that was asked for is there', async () => {
    const { answer } = textWalkOver([{ script: { answers: LONG, failAfter: 4 } }, rest]);
    const { result } = await answer({ generation: { maxTokens: 4 } });
    expect(result.output.choices[0]).toMatchObject({ text: 'one two three four', finishReason: 'length' });
  });

  it('takes place where what is shown becomes too unsure', async () => {
    const words = Array.from({ length: 40 }, (_, i) => `w${i}`).join(' ');
    const { answer } = textWalkOver([
      { calibration: {}, script: { answers: words, logProbs: (i) => (i < 8 ? SURE : -5) } },
      { calibration: {}, script: { answers: words } },
    ]);
    const { shown, result } = await answer({ minConfidence: 0.7 });
    expect(shown).toBe(words);
    expect(result.path).toEqual(['a', 'b']);
    // What two wrote together was never calibrated.
    expect(result.verdict).toMatchObject({ kind: 'abstain', reason: 'uncertified', calibrated: false });
  });

  it('is none where several answers are shown or nobody is left: the answer ends as it is', async () => {
    const several = textWalkOver([{ script: { answers: LONG, failAfter: 2 } }, rest]);
    const { result, steps } = await several.answer({ generation: { n: 2 } });
    expect(result.output.choices.map(({ text, finishReason }) => [text, finishReason])).toEqual([
      ['one two', 'length'],
      ['one two', 'length'],
    ]);
    expect(shownOf(steps, 1)).toBe('one two');
    const alone = textWalkOver([{ script: { answers: LONG, failAfter: 2 } }]);
    expect((await alone.answer()).result).toMatchObject({
      output: { choices: [{ text: 'one two', finishReason: 'length' }] },
      verdict: { kind: 'accept', reason: 'cut-short', degraded: 'tier-failed' },
    });
  });
});

describe('a tier that breaks before anything is shown', () => {
  it('is gone around', async () => {
    const { answer } = textWalkOver([{ script: { failAfter: 0 } }, { script: { answers: 'right' } }]);
    const { result, shown } = await answer();
    expect(shown).toBe('right');
    expect(result).toMatchObject({ path: ['b'], verdict: { degraded: 'tier-failed' } });
    expect(kindsOf(result)).toEqual(['plan', 'failed', 'climb', 'shown', 'judge', 'generate', 'stop']);
  });

  it('is no loss where the chat was too much for it alone, and is asked again by others', async () => {
    const failure = new ContextExceededError({ message: 'too long', hint: 'shorten it' });
    const { answer, broken } = textWalkOver([{ script: { failAfter: 0, failure } }, { script: { answers: 'right' } }]);
    const { result } = await answer();
    expect(result).toMatchObject({ path: ['b'], verdict: { kind: 'accept', degraded: undefined } });
    expect(broken).toEqual([]);
  });

  it('is answered for by a whole answer that was held back', async () => {
    const unsure: WalkedTier = { calibration: {}, script: { answers: 'no', logProbs: UNSURE } };
    const { answer } = textWalkOver([unsure, { script: { failAfter: 0 } }]);
    const { shown, text, result } = await answer({ minConfidence: 0.7 });
    expect([shown, text]).toEqual(['no', 'no']);
    expect(result).toMatchObject({ path: ['a'], verdict: { kind: 'abstain', degraded: 'tier-failed' } });
  });

  it('is answered for by a lighter one that was climbed away from', async () => {
    const unsure: WalkedTier = { calibration: {}, script: { answers: LONG, logProbs: UNSURE } };
    const { answer } = textWalkOver([unsure, { script: { failAfter: 0 } }]);
    const { shown, result } = await answer({ minConfidence: 0.7 });
    expect(shown).toBe(LONG);
    expect(result.verdict).toMatchObject({ kind: 'abstain', degraded: 'tier-failed' });
  });
});

it('shows exactly what it answers, whatever breaks', async () => {
  const tier = fc.record({
    calibration: fc.option(fc.constant({}), { nil: undefined }),
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
      const { answer } = textWalkOver(tiers as WalkedTier[]);
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

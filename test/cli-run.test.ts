import type { EmbeddingOutput } from '@terrace/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, type Answer, EASY, eventsOf, HARD, homeOfThisFile, refusal, tiersOf } from './support/answers.js';
import { terrace } from './support/run-cli.js';
import { temporaryHome } from './support/temporary-home.js';

const home = homeOfThisFile();
const where = { home };
/** About none of the 150 intents. */
const UNSURE = 'is it any good at all';

describe('run answers', () => {
  let hard: { code: number | null; stderr: string } & Answer;
  let easy: typeof hard;
  beforeAll(async () => {
    hard = await ask(HARD, where);
    easy = await ask(EASY, where);
  });

  it('the text of the README', () => {
    const { code, output, placement, confidence, verdict } = hard;
    expect({ code, placement }).toEqual({ code: 0, placement: 'device' });
    expect(output).toMatchObject({ kind: 'classification', label: 'freeze_account', outOfScope: false });
    expect(verdict).toMatchObject({ kind: 'accept', calibrated: true });
    expect(confidence).toBeGreaterThan(0.8);
  });

  it('with exactly the fields that are promised', () => {
    const { code: _, stderr: __, ...answer } = hard;
    const about = ['tier', 'placement', 'confidence', 'verdict', 'costUsd', 'sentBytes', 'queued', 'trace'];
    expect(Object.keys(answer)).toEqual(['requestId', 'output', ...about]);
    expect(Object.keys(answer.output)).toEqual(['kind', 'label', 'alternatives', 'outOfScope']);
    for (const alternative of answer.output.alternatives) expect(Object.keys(alternative)).toEqual(['label', 'score']);
  });

  it('with alternatives that are sorted, likely together and led by the label', () => {
    const { output } = hard;
    const scores = output.alternatives.map(({ score }) => score);
    expect(output.alternatives[0]?.label).toBe(output.label);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(scores.reduce((sum, score) => sum + score)).toBeLessThanOrEqual(1);
    expect(scores.every((score) => score > 0)).toBe(true);
  });

  it('an easy text on nano alone', () => {
    expect(easy).toMatchObject({ code: 0, tier: 'nano', output: { label: 'credit_score' } });
    expect(tiersOf(easy)).toEqual(['nano']);
    expect(eventsOf(easy, 'climb')).toEqual([]);
  });

  it('a hard text after a climb, from the fused scores of the tiers', () => {
    expect(hard.tier).toBe('base');
    expect(tiersOf(hard)[0]).toBe('nano');
    expect(tiersOf(hard).at(-1)).toBe('base');
    expect(eventsOf(hard, 'climb')[0]).toMatchObject({ from: 'nano', reason: 'utility' });
    expect(eventsOf(hard, 'judge').at(-1)?.path).toEqual(tiersOf(hard));
  });

  it('a text about nothing it knows as out of scope', async () => {
    const { code, output } = await ask('what is the capital of the third moon of jupiter', where);
    expect(code).toBe(0);
    expect(output).toMatchObject({ label: 'oos', outOfScope: true });
  });

  it('with a trace of plan, load, run, judge and stop, each with its time and in order', () => {
    const { trace } = easy;
    expect(trace.map(({ kind }) => kind)).toEqual(['plan', 'load', 'run', 'judge', 'stop']);
    const times = trace.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const event of trace) if ('durationMs' in event) expect(event.durationMs).toBeGreaterThan(0);
    expect(eventsOf({ trace }, 'plan')[0]).toMatchObject({
      catalogRevision: expect.stringMatching(/^[0-9a-f]{64}$/),
      ladderRevision: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(eventsOf({ trace }, 'load')[0]?.bytes).toBeGreaterThan(5_000_000);
    expect(eventsOf({ trace }, 'run')[0]).toMatchObject({ tier: 'nano', variant: 'q4', tokens: 7 });
  });

  it('never with the text in the trace', () => {
    expect(JSON.stringify(hard.trace)).not.toContain('freeze my');
  });

  it('for a person, with what, how sure, by whom, why and where the time went', async () => {
    const { code, stdout, stderr } = await terrace(['run', '--domain', 'clinc150', HARD], where);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const stable = stdout
      .replaceAll(/ +\d+(\.\d+)? (ms|[KM]iB)/g, ' N $2')
      .replaceAll(/\d+\.\d/g, 'N')
      .replaceAll(/\n {6}without .*/g, '')
      .replaceAll(/(inline|worker)\n/g, 'THREAD\n')
      .replaceAll(/ (-> small|\+ small)/g, '');
    expect(stable).toContain(`freeze_account

confidence  N % likely right
in scope    yes
answered    by nano + base on this device
why         the largest model of the ladder answered
`);
    expect(stable).toMatch(/^ {2}plan +N ms +nano -> base$/m);
    expect(stable).toMatch(/^ {2}load +N ms +nano: N MiB read, N MiB of memory, THREAD$/m);
    expect(stable).toMatch(/^ {2}run +N ms +base int8: 13 tokens$/m);
    expect(stable).toMatch(/^ {2}judge +nano N %: acceptable$/m);
    expect(stable).toMatch(/^ {2}climb +nano -> \w+: worth its price \(\+N points expected\)$/m);
    expect(stable).toMatch(/^ {2}stop +top$/m);
  });
});

describe('run keeps to what is asked of it', () => {
  it.each(['nano', 'small', 'base'])('--policy %s runs that tier alone, without fusion', async (policy) => {
    const answer = await ask(HARD, where, '--policy', policy);
    expect(answer).toMatchObject({ code: 0, tier: policy });
    expect(tiersOf(answer)).toEqual([policy]);
    expect(eventsOf(answer, 'judge').map(({ path }) => path)).toEqual([[policy]]);
  });

  it('--policy with a tier there is not names those there are', async () => {
    const refused = await refusal(['run', '--domain', 'clinc150', '--policy', 'huge', EASY], where);
    expect(refused).toMatchObject({ exit: 2, code: 'INVALID_REQUEST' });
    expect(refused.hint).toContain('nano, small, base');
  });

  it('--sub-domain leaves only its labels', async () => {
    const inside = await ask(EASY, where, '--sub-domain', 'credit_cards');
    expect(inside.output).toMatchObject({ label: 'credit_score', outOfScope: false });
    const outside = await ask(EASY, where, '--sub-domain', 'travel');
    expect(outside.output).toMatchObject({ label: 'oos', outOfScope: true });
    expect(outside.output.alternatives.map(({ label }) => label)).not.toContain('credit_score');
  });

  it('--max-risk gives a certificate that holds for a sure text', async () => {
    const { code, confidence, verdict } = await ask(EASY, where, '--max-risk', '0.02');
    expect({ code, kind: verdict.kind }).toEqual({ code: 0, kind: 'accept' });
    const { certificate } = verdict;
    expect(certificate).toMatchObject({ maxRisk: 0.02, delta: 0.05 });
    expect(confidence).toBeGreaterThanOrEqual(certificate!.threshold);
    expect(certificate!.n).toBeGreaterThan(1000);
    expect(certificate!.coverage).toBeGreaterThan(0.8);
  });

  it('--max-risk abstains from an unsure text, with the best answer attached', async () => {
    const { code, output, confidence, verdict, tier } = await ask(UNSURE, where, '--max-risk', '2%');
    expect({ code, tier }).toEqual({ code: 0, tier: 'base' });
    expect(verdict).toMatchObject({ kind: 'abstain', reason: 'risk' });
    expect(confidence).toBeLessThan(verdict.certificate!.threshold);
    expect(output.label).not.toBe('');
  });

  it('--max-risk that nobody can certify accepts nothing and says so', async () => {
    const { code, verdict } = await ask(EASY, where, '--max-risk', '0.0001');
    expect(code).toBe(0);
    expect(verdict).toMatchObject({ kind: 'abstain', reason: 'uncertified' });
    expect(verdict.certificate).toBeUndefined();
  });

  it('--min-confidence climbs for it, and abstains where the largest tier falls short', async () => {
    const low = await ask(EASY, where, '--min-confidence', '50%');
    expect(low.verdict.kind).toBe('accept');
    const high = await ask(EASY, where, '--min-confidence', '0.99999');
    expect(high).toMatchObject({ code: 0, tier: 'base', verdict: { kind: 'abstain', reason: 'confidence' } });
    expect(eventsOf(high, 'climb')[0]?.reason).toBe('confidence');
  });

  it('--deadline with time enough changes nothing', async () => {
    const answer = await ask(HARD, where, '--deadline', '60s');
    expect(answer).toMatchObject({ code: 0, tier: 'base', output: { label: 'freeze_account' } });
    expect(answer.verdict.degraded).toBeUndefined();
  });

  it('--deadline that nobody can meet still gets the lightest answer, degraded', async () => {
    const answer = await ask(HARD, where, '--deadline', '1us');
    expect(answer).toMatchObject({ code: 4, tier: 'nano', verdict: { degraded: 'deadline' } });
    expect(answer.output.label).not.toBe('');
    expect(eventsOf(answer, 'stop')[0]?.degraded).toBe('deadline');
  });

  it('--memory picks a ladder that fits', async () => {
    // A device of its own: what earlier loads took here is remembered, and would decide.
    const answer = await ask(HARD, { home: temporaryHome() }, '--memory', '64MiB');
    expect(answer).toMatchObject({ code: 0, tier: 'nano' });
    const [plan] = eventsOf(answer, 'plan');
    expect(plan?.ladder).toEqual(['nano']);
    expect(plan?.rejected).toContainEqual(expect.objectContaining({ tier: 'base', code: 'memory' }));
  });

  it.each(['device', 'site', 'cloud'])('--residency %s keeps the text on the device', async (place) => {
    expect(await ask(EASY, where, '--residency', place)).toMatchObject({ code: 0, placement: 'device' });
  });

  it('--task feature-extraction gives a vector of unit length, the same every time', async () => {
    const embed = () => ask<EmbeddingOutput>(EASY, where, '--task', 'feature-extraction', '--policy', 'small');
    const { code, output, confidence } = await embed();
    expect({ code, kind: output.kind, confidence }).toEqual({ code: 0, kind: 'embedding', confidence: null });
    expect(output.vector).toHaveLength(384);
    expect(Math.hypot(...output.vector)).toBeCloseTo(1, 3);
    expect((await embed()).output).toEqual(output);
  });
});

describe('run does not trust what it cannot read', () => {
  it.each([
    ['Japanese', '口座を凍結する方法を教えてください'],
    ['Cyrillic', 'как заморозить мой счет'],
    ['emoji', '🎉🎉🎉🔥'],
  ])('%s is answered and never accepted', async (_, text) => {
    const { code, verdict } = await ask(text, where);
    expect(code).toBe(0);
    expect(verdict).toMatchObject({ kind: 'abstain', reason: 'language' });
  });

  it('a text over 512 tokens is cut, with a warning in the trace', async () => {
    const answer = await ask('what is my credit score please '.repeat(110), where, '--policy', 'nano');
    expect(answer.code).toBe(0);
    expect(eventsOf(answer, 'run')[0]?.tokens).toBe(512);
    expect(eventsOf(answer, 'warning')[0]?.message).toContain('662 tokens were cut to the 512');
  });

  it('a text as long as is allowed is answered from the command line, which onnxruntime crashes on', async () => {
    const answer = await ask('what is my credit score please '.repeat(2000), where, '--policy', 'nano');
    expect(answer).toMatchObject({ code: 0, output: { label: 'credit_score' } });
    expect(eventsOf(answer, 'run')[0]?.tokens).toBe(512);
  });
});

import { describe, expect, it } from 'vitest';
import type { TextRows } from '../../catalog/text-calibration.js';
import type { Script } from '../../testing/scripted-text.js';
import { fold } from '../fold.js';
import { kindsOf, textWalkOver, type WalkedTier } from './testing/text-walk-world.js';

const SURE = -0.1;
const UNSURE = -3;
const LONG = 'one two three four five six seven eight nine ten';
const maxRisk = 0.1;

/** A thousand questions: a tier is sure of the first so many and right, and guesses at the others. */
function knowing(known: number): TextRows {
  const rows = Array.from({ length: 1000 }, (_, row) => row);
  const sure = rows.map((row) => (row < known ? 9000 - row : 1000));
  return { whole: sure, early: sure, right: rows.map((row) => Number(row < known || row % 2 === 0)) };
}

const tier = (known: number, script: Script, more: Partial<WalkedTier> = {}): WalkedTier => ({
  calibration: { rows: knowing(known) },
  script: { answers: LONG, ...script },
  ...more,
});

const HALF = tier(500, { logProbs: UNSURE });
const ALL = tier(1000, { answers: 'right answer', logProbs: SURE });

describe('a bound on a ladder', () => {
  it('rests on the certificate of the tier that answers, on the rows that reach it', async () => {
    const { result } = await textWalkOver([tier(500, { logProbs: SURE }), ALL]).answer({ maxRisk });
    expect(result).toMatchObject({ tier: 'a', verdict: { kind: 'accept', certificate: { maxRisk } } });
    expect(result.verdict.certificate!.coverage).toBeCloseTo(0.5, 1);

    const climbed = await textWalkOver([HALF, ALL]).answer({ maxRisk });
    expect(climbed.shown).toBe('right answer');
    expect(climbed.result).toMatchObject({ tier: 'b', verdict: { kind: 'accept', certificate: { maxRisk } } });
    expect(climbed.result.verdict.certificate!.coverage).toBeCloseTo(0.5, 1);
    expect(kindsOf(climbed.result)).toContain('climb');
  });

  it('is kept of whole answers where nobody reads them as they come', async () => {
    const turns: number[] = [];
    const sureAtFirst: Script = { logProbs: (i) => (i < 4 ? SURE : -9), onTurn: (turn) => void turns.push(turn) };
    const unsureAtFirst: Script = { logProbs: (i) => (i < 4 ? UNSURE : SURE) };
    const { walk, states } = textWalkOver([tier(500, sureAtFirst), ALL]);
    expect(await fold(walk({ listens: false, maxRisk }).steps())).toMatchObject({ path: ['b'] });
    expect(states('a')).toEqual(['over']);
    const { walk: other, sources } = textWalkOver([tier(500, unsureAtFirst), ALL]);
    await fold(other({ listens: false, maxRisk }).steps());
    expect(sources.get('a')!.runs.map(({ state }) => state)).toEqual(['over']);
  });

  it('is not claimed of what was shown early and came out unsure, nor taken over by another', async () => {
    const script: Script = { logProbs: (i) => (i < 4 ? SURE : -9) };
    const { result } = await textWalkOver([tier(500, script), ALL]).answer({ maxRisk });
    expect(result).toMatchObject({ path: ['a'], verdict: { kind: 'abstain', reason: 'risk' } });
    expect(kindsOf(result)).not.toContain('handover');
  });

  it('is not claimed where an answer became sure only after it was shown', async () => {
    const script: Script = { answers: `${LONG} ${LONG}`, logProbs: (i) => (i < 4 ? -1.2 : 0) };
    const { answer } = textWalkOver([tier(500, script), { ...ALL, readyInMs: 5000 }]);
    const { result } = await answer({ maxRisk, deadlineMs: 1000 });
    expect(result.confidence).toBeGreaterThan(0.9);
    expect(result).toMatchObject({ path: ['a'], verdict: { kind: 'abstain', reason: 'risk' } });
  });

  it('begins with a larger tier where many more requests keep it there', async () => {
    const { answer, sources } = textWalkOver([tier(500, { logProbs: SURE }), ALL]);
    const { result } = await answer({ maxRisk, holdMs: 0 });
    expect(result.tier).toBe('b');
    expect(sources.get('a')!.runs).toEqual([]);
  });

  it('passes tiers that keep it nowhere', async () => {
    const { answer, sources } = textWalkOver([{ script: { logProbs: SURE } }, tier(0, { logProbs: SURE }), ALL]);
    expect((await answer({ maxRisk })).result).toMatchObject({ tier: 'c', verdict: { kind: 'accept' } });
    expect([...sources.values()].map(({ runs }) => runs.length)).toEqual([0, 0, 1]);
  });

  it('is certified nowhere where nothing is calibrated', async () => {
    const { answer } = textWalkOver([{ script: { logProbs: SURE } }, { script: { logProbs: SURE } }]);
    expect((await answer({ maxRisk })).result).toMatchObject({
      tier: 'a',
      verdict: { kind: 'abstain', reason: 'uncertified' },
    });
  });

  it('is not claimed of the best of several answers', async () => {
    const { answer } = textWalkOver([tier(1000, { logProbs: SURE })]);
    expect((await answer({ maxRisk })).result.verdict.kind).toBe('accept');
    expect((await answer({ maxRisk, generation: { n: 2 } })).result.verdict).toMatchObject({
      kind: 'abstain',
      reason: 'uncertified',
    });
  });

  it('is not claimed where its confidence rests on samples that were not drawn', async () => {
    const whole = { features: ['agreement' as const], intercept: 4, weights: [8], means: [0.5], spreads: [1] };
    const { walk, answer } = textWalkOver([
      { calibration: { whole, rows: knowing(1000) }, script: { answers: 'Paris.', logProbs: SURE } },
    ]);
    expect((await answer({ maxRisk })).result.verdict).toMatchObject({ kind: 'abstain', reason: 'uncertified' });
    expect((await fold(walk({ maxRisk, listens: false }).steps())).verdict.kind).toBe('accept');
  });
});

import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { fitCalibration, type CalibrationInput } from '../calibrate/fit-calibration.js';
import type { Example } from '../calibrate/score-rows.js';
import { calibrationSchema } from '../catalog/calibration.js';
import { deltaManifestSchema } from '../catalog/manifest.js';
import { parseFile } from '../catalog/parse.js';
import { seededRandom } from '../evaluate/seeded-random.js';
import { certify } from '../judge/risk-control.js';
import { createFakeDeltasPorts, type FakeDeltasPorts } from '../testing/fake-deltas-ports.js';
import { createDeltas } from './create-deltas.js';
import type { FitAsk, FitProgress } from './deltas.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

/** Rows that start with their label and go on with words of their own. */
function examplesOf(labels: readonly string[], each: number, seed = 1): Example[] {
  const random = seededRandom(seed);
  const word = (): string =>
    Array.from({ length: 9 }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join('');
  return Array.from({ length: labels.length * each }, (_, i) => {
    const label = labels[i % labels.length]!;
    return { text: `${label} ${word()} ${word()}`, label, line: i + 1 };
  });
}

const LABELS = ['balance', 'transfer', 'block', 'pin', 'limit'];

let ports: FakeDeltasPorts;
beforeEach(() => {
  ports = createFakeDeltasPorts({ startHash });
});

describe('fit', () => {
  it('fits every rung of a new domain, calibrates, and puts the first revision in force', async () => {
    const progress: FitProgress[] = [];
    const report = await createDeltas({ ...ports, calibrate: async (input) => fitCalibration(input) }).fit(
      { domain: 'bank', examples: examplesOf(LABELS, 24) },
      { onProgress: (each) => progress.push(each) },
    );
    expect(report.rungs.map(({ rung }) => rung)).toEqual(['nano', 'base']);
    expect(report.decision).toMatchObject({ kind: 'promote', reason: 'first' });
    expect(report.promoted).toBe(true);
    expect(report.calibrated).toEqual({ rows: 120, basis: 'cross-validated' });
    const [nano, base] = report.rungs;
    expect(base!.accuracy.value).toBeGreaterThan(nano!.accuracy.value);
    expect(base!.accuracy.interval[0]).toBeLessThan(base!.accuracy.value);
    const catalog = ports.catalog.current();
    expect(catalog.domains).toMatchObject([{ id: 'bank', ladderRevision: report.revision.id }]);
    expect(catalog.deltas.map(({ contentId }) => contentId)).toEqual(report.rungs.map(({ deltaId }) => deltaId));
    expect(new Set(progress.map(({ stage }) => stage))).toEqual(
      new Set(['checking', 'embedding', 'fitting', 'calibrating', 'comparing', 'keeping']),
    );
    expect(ports.workshop.lent()).toBe(0);
  });

  it('writes deltas and a calibration that their schemas accept, and that say how they came about', async () => {
    const deltas = createDeltas({ ...ports, calibrate: async (input) => fitCalibration(input) });
    const { revision } = await deltas.fit({ domain: 'bank', examples: examplesOf(LABELS, 24) });
    const manifests = [...ports.revisions.contents.values()].flatMap((bytes) => {
      const text = new TextDecoder().decode(bytes);
      return text.startsWith('{\n "format"') ? [JSON.parse(text) as unknown] : [];
    });
    const parsed = manifests.map((each) => parseFile(deltaManifestSchema, each, 'delta.json'));
    expect(parsed.map(({ warnings }) => warnings)).toEqual([[], []]);
    expect(parsed.map(({ value }) => value.id)).toEqual(['bank/nano', 'bank/base']);
    expect(parsed[0]!.value).toMatchObject({
      format: 2,
      rank: 0,
      labels: LABELS.toSorted(),
      facts: { data: { rows: 120 }, metrics: { basis: 'cross-validated' }, parents: [], madeWith: 'test' },
    });
    const calibration = await ports.revisions.calibration(revision);
    expect(parseFile(calibrationSchema, JSON.parse(JSON.stringify(calibration)), 'calibration').warnings).toEqual([]);
    expect(Object.keys(calibration!.tiers)).toEqual(['nano', 'base']);
  });

  it('finds what can be found before it, and touches nothing', async () => {
    const deltas = createDeltas(ports);
    const examples = [...examplesOf(LABELS, 6), { ...examplesOf(LABELS, 6)[2]!, line: 31 }];
    const found = await deltas.check({ examples });
    expect(found).toMatchObject({ rows: 31, labels: 5, findings: [{ kind: 'duplicate', lines: [3, 31] }] });
    expect(ports.fitter.jobs).toEqual([]);
    await expect(deltas.check({ examples: examples.slice(0, 2) })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    // The fit says the same, and what only its predictions can tell.
    const { data } = await deltas.fit({ domain: 'bank', examples });
    expect(data.findings.filter(({ kind }) => kind !== 'label-error')).toEqual(found.findings);
  });

  it('works from five examples a label on, then without a calibration', async () => {
    const report = await createDeltas(ports).fit({ domain: 'bank', examples: examplesOf(LABELS, 5) });
    expect(report.calibrated).toBeUndefined();
    expect(report).toMatchObject({ promoted: true, decision: { reason: 'first' } });
  });

  it('holds rows out where there are a thousand, and the same ones when more rows come', async () => {
    const deltas = createDeltas(ports);
    const examples = examplesOf(LABELS, 260);
    const first = await deltas.fit({ domain: 'bank', examples: examples.slice(0, 1200) });
    expect(first.calibrated?.basis).toBe('held-out');
    expect(first.calibrated!.rows).toBeGreaterThan(180);
    expect(first.calibrated!.rows).toBeLessThan(300);
    const [seen] = ports.fitter.jobs;
    ports.fitter.jobs.length = 0;
    await deltas.fit({ domain: 'bank', examples });
    const [later] = ports.fitter.jobs;
    const rowsOf = ({ features }: NonNullable<typeof seen>) =>
      Array.from({ length: features.rows }, (_, row) => features.data.slice(row * 8, row * 8 + 8).join());
    const newly = new Set(rowsOf(later!));
    expect(rowsOf(seen!).every((row) => newly.has(row))).toBe(true);
  });

  it('uses the evaluation rows it is given, without those that leaked', async () => {
    const examples = examplesOf(LABELS, 30);
    const evaluation = [...examplesOf(LABELS, 30, 2), examples[0]!];
    const report = await createDeltas(ports).fit({ domain: 'bank', examples, evaluation });
    expect(report.calibrated).toEqual({ rows: 150, basis: 'held-out' });
    expect(report.data.leftOut.evaluationLines).toEqual([1]);
    expect(ports.fitter.jobs.every(({ crossValidate }) => !crossValidate)).toBe(true);
  });

  it('calibrates on rows that have labels as often as they are asked for, and on all of them where that is not known', async () => {
    const examples = [...examplesOf(LABELS.slice(1), 180), ...examplesOf(LABELS.slice(0, 1), 90)];
    const calibratedOn: CalibrationInput['rows'][] = [];
    const fit = (ask: Pick<FitAsk, 'traffic'>) => {
      const fresh = createFakeDeltasPorts({ startHash });
      const calibrate: typeof fresh.calibrate = (input, signal) => {
        calibratedOn.push(input.rows);
        return fresh.calibrate(input, signal);
      };
      return createDeltas({ ...fresh, calibrate }).fit({ domain: 'bank', base: 'nano', examples, ...ask });
    };
    const shareOfFirst = ({ truth, labels }: CalibrationInput['rows']): number =>
      truth.filter((label) => labels[label] === LABELS[0]).length / truth.length;

    const { calibrated } = await fit({});
    await fit({ traffic: [] });
    expect(calibratedOn[1]).toEqual(calibratedOn[0]);
    expect(calibrated).not.toHaveProperty('traffic');
    expect(calibratedOn[0]!.truth).toHaveLength(calibrated!.rows);
    expect(shareOfFirst(calibratedOn[0]!)).toBeLessThan(0.15);

    const traffic = LABELS.map((label, i) => ({ label, asked: i === 0 ? 1000 : 500 }));
    const asAsked = await fit({ traffic: [...traffic, { label: 'unheard', asked: 900 }] });
    expect(shareOfFirst(calibratedOn[2]!)).toBeGreaterThan(0.25);
    expect(asAsked.calibrated!.traffic).toMatchObject({ requests: 3000, rows: calibrated!.rows });
    expect(asAsked.calibrated!.rows).toBeLessThan(calibrated!.rows);
  });

  it('keeps what is worse beside what is in force, and says so', async () => {
    const deltas = createDeltas(ports);
    const good = await deltas.fit({ domain: 'bank', examples: examplesOf(LABELS, 24) });
    const examples = examplesOf(LABELS, 24, 3).map((each, i) =>
      i % 3 === 0 ? { ...each, label: LABELS[(i * 7) % 5]! } : each,
    );
    const evaluation = examplesOf(LABELS, 24, 4);
    const bad = await deltas.fit({ domain: 'bank', examples, evaluation });
    expect(bad).toMatchObject({ promoted: false, decision: { kind: 'keep' } });
    expect((await deltas.revisions('bank')).inForce).toBe(good.revision.id);
    expect((await deltas.revisions('bank')).revisions).toHaveLength(2);
    await deltas.promote('bank', bad.revision.id);
    expect(ports.catalog.current().domains[0]!.ladderRevision).toBe(bad.revision.id);
    expect((await deltas.rollback('bank'))?.id).toBe(good.revision.id);
  });

  it('says that nothing is new when the same rows are fitted again', async () => {
    const deltas = createDeltas(ports);
    const ask = { domain: 'bank', examples: examplesOf(LABELS, 24) };
    const first = await deltas.fit(ask);
    const again = await deltas.fit(ask);
    // Every row was fitted on: there is nothing to compare by.
    const comparison = { accuracy: { rows: 0 } };
    expect(again).toMatchObject({ promoted: false, decision: { kind: 'keep', reason: 'too-few-rows', comparison } });
    expect(again.revision.id).toBe(first.revision.id);
  });

  it('is not compared on rows that what is in force was fitted on', async () => {
    const deltas = createDeltas(ports);
    const examples = examplesOf(LABELS, 30);
    await deltas.fit({ domain: 'bank', examples: examples.slice(0, 110) });
    const { decision } = await deltas.fit({ domain: 'bank', examples });
    expect(decision).toMatchObject({ kind: 'keep', comparison: { accuracy: { rows: 40 } } });
    // What nobody answers with was fitted on all of them, and that is no reason.
    const again = await deltas.fit({ domain: 'bank', examples: [...examples, ...examplesOf(LABELS, 10, 2)] });
    expect(again.decision.comparison.accuracy.rows).toBe(90);
  });

  it('computes no feature twice', async () => {
    const deltas = createDeltas(ports);
    await deltas.fit({ domain: 'bank', examples: examplesOf(LABELS, 24) });
    let asked = 0;
    const { nano } = ports.engine.models;
    const featuresOf = nano!.features!;
    nano!.features = (text) => (asked++, featuresOf(text));
    await deltas.fit({ domain: 'bank', examples: examplesOf(LABELS, 24) });
    // A few texts tell what one takes.
    expect(asked).toBeLessThanOrEqual(40);
  });

  it('adds labels to what is in force without the rows of the others', async () => {
    const deltas = createDeltas(ports);
    await deltas.fit({ domain: 'bank', examples: examplesOf(LABELS, 24) });
    const report = await deltas.fit({ domain: 'bank', examples: examplesOf(['loan', 'card'], 10) });
    expect(report).toMatchObject({ promoted: true, decision: { reason: 'better' } });
    const [nano] = ports.catalog.current().deltas;
    expect(nano!.labels).toEqual([...LABELS.toSorted(), 'card', 'loan']);
    expect(ports.fitter.jobs.at(-1)!.current?.labels).toEqual(LABELS.toSorted());
  });

  it('adds one label from ten examples', async () => {
    const deltas = createDeltas(ports);
    await deltas.fit({ domain: 'bank', examples: examplesOf(LABELS, 24) });
    const report = await deltas.fit({ domain: 'bank', examples: examplesOf(['loan'], 10) });
    expect(report).toMatchObject({ promoted: true, decision: { reason: 'better' } });
    expect(ports.catalog.current().deltas[0]!.labels).toContain('loan');
    // Confidences stay what they were, and certify nothing any more.
    expect(report.calibrated).toBeUndefined();
    const carried = await ports.catalog.calibration('bank');
    expect(Object.values(carried!.tiers).map(({ delta }) => delta)).toEqual(report.rungs.map(({ deltaId }) => deltaId));
    const [{ grid }] = carried!.ladders as [(typeof carried & object)['ladders'][number]];
    expect(certify({ grid, rows: carried!.data.rows, maxRisk: 0.5 })).toBeUndefined();
  });

  it('fits one rung alone, and calibrates it with those that stay', async () => {
    const deltas = createDeltas(ports);
    await deltas.fit({ domain: 'bank', examples: examplesOf(LABELS, 24) });
    const before = ports.catalog.current().deltas.find(({ base }) => base.id === 'nano');
    const examples = examplesOf(LABELS, 40, 5);
    const { revision, rungs } = await deltas.fit({ domain: 'bank', base: 'base', examples });
    expect(rungs.map(({ rung }) => rung)).toEqual(['base']);
    expect(revision.deltas).toContainEqual(before);
    expect(Object.keys((await ports.revisions.calibration(revision))!.tiers)).toEqual(['nano', 'base']);
  });

  it('makes a sub-domain a domain of its own, where an answer leads to it', async () => {
    const deltas = createDeltas(ports);
    await deltas.fit({ domain: 'bank', examples: examplesOf(LABELS, 24), subDomains: { cards: ['block', 'pin'] } });
    const cards = { domain: 'bank', subDomain: 'cards', examples: examplesOf(['lost', 'stolen'], 20) };
    const report = await deltas.fit(cards);
    expect(report).toMatchObject({ domain: 'bank/cards', promoted: true });
    expect(ports.catalog.current().deltas.at(-1)).toMatchObject({ id: 'bank.cards/base', domain: 'bank/cards' });
    for (const subDomain of ['weather', 'constructor'])
      await expect(deltas.fit({ ...cards, subDomain })).rejects.toThrow('No answer of "bank" leads to');
    await expect(deltas.fit({ ...cards, domain: 'shop' })).rejects.toThrow('There is no domain "shop"');
  });

  it('tries factors where there are layers and rows held out, and packs them as PEFT does', async () => {
    const name = (side: 'A' | 'B') => `base_model.model.encoder.layer.5.attention.self.query.lora_${side}.weight`;
    ports.fitter.factors = {
      rank: 1,
      factors: new Map([
        [name('A'), { shape: [1, 8], data: new Float32Array(8).fill(0.5) }],
        [name('B'), { shape: [8, 1], data: new Float32Array(8).fill(0.25) }],
      ]),
      accuracy: 0.9,
      frozenAccuracy: 0.8,
    };
    const report = await createDeltas(ports).fit({ domain: 'bank', examples: examplesOf(LABELS, 240) });
    expect(report.rungs.map(({ rank }) => rank)).toEqual([0, 1]);
    const base = ports.catalog.current().deltas.find((delta) => delta.base.id === 'base')!;
    const config = JSON.parse(new TextDecoder().decode(ports.revisions.contents.get(base.adapterConfig!.sha256)));
    expect(config).toMatchObject({ peft_type: 'LORA', r: 1, lora_alpha: 1, layers_to_transform: [5] });
    expect(ports.revisions.contents.has(base.adapter!.sha256)).toBe(true);

    // One label more is fitted over the factors that are there.
    const { revision } = await createDeltas(ports).fit({ domain: 'bank', examples: examplesOf(['loan'], 10) });
    const extended = revision.deltas.find((delta) => delta.base.id === 'base')!;
    expect(extended).toMatchObject({ rank: 1, adapter: { sha256: base.adapter!.sha256 } });
    expect(extended.adapterConfig!.sha256).toBe(base.adapterConfig!.sha256);
    expect(ports.engine.attached).toContain(base.contentId);
  });

  it('reports likely wrong labels of all rows, and refuses them when it is to be strict', async () => {
    const wrong = new Set([7, 207, 407, 607, 807, 1007]);
    const examples = examplesOf(LABELS, 240).map((each, i) => (wrong.has(i) ? { ...each, label: 'balance' } : each));
    const { data } = await createDeltas(ports).fit({ domain: 'bank', examples });
    const found = data.findings.filter((each) => each.kind === 'label-error' && each.suggested === 'block');
    expect(found.length).toBeGreaterThanOrEqual(4);
    expect(found[0]).toMatchObject({ kind: 'label-error', label: 'balance' });
    const strict = createDeltas(ports).fit({ domain: 'bank', examples, strict: true });
    await expect(strict).rejects.toThrow('labelled "balance", and looks like "block"');
  });

  it('leaves nothing but features when it is given up', async () => {
    const control = new AbortController();
    const deltas = createDeltas(ports);
    const given = deltas.fit(
      { domain: 'bank', examples: examplesOf(LABELS, 24) },
      { signal: control.signal, onProgress: ({ stage }) => stage === 'fitting' && control.abort(new Error('enough')) },
    );
    await expect(given).rejects.toThrow('enough');
    expect(await deltas.revisions('bank')).toEqual({ revisions: [], inForce: undefined });
    expect(ports.workshop.lent()).toBe(0);
  });

  it('puts nothing in force that was given up while it was kept', async () => {
    const control = new AbortController();
    const onProgress = ({ stage }: FitProgress): void =>
      void (stage === 'keeping' && control.abort(new Error('enough')));
    const asked = { domain: 'bank', examples: examplesOf(LABELS, 24) };
    await expect(createDeltas(ports).fit(asked, { signal: control.signal, onProgress })).rejects.toThrow('enough');
    expect(ports.catalog.current().domains).toEqual([]);
  });

  it('says how to go on where the head in force is lost', async () => {
    const deltas = createDeltas(ports);
    await deltas.fit({ domain: 'bank', base: 'nano', examples: examplesOf(LABELS, 24) });
    (ports.revisions.contents as Map<string, Uint8Array>).delete(ports.catalog.current().deltas[0]!.head.sha256);
    await expect(
      deltas.fit({ domain: 'bank', base: 'nano', examples: examplesOf(['loan'], 10) }),
    ).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
      hint: 'Roll back with `terrace delta rollback bank`, then fit.',
    });
  });

  it('goes on serving what is in force when keeping fails', async () => {
    const deltas = createDeltas(ports);
    const { revision } = await deltas.fit({ domain: 'bank', examples: examplesOf(LABELS, 24) });
    const full = { ...ports.revisions, keep: () => Promise.reject(new Error('the disk is full')) };
    const failing = createDeltas({ ...ports, revisions: full });
    await expect(failing.fit({ domain: 'bank', examples: examplesOf(LABELS, 30) })).rejects.toThrow('full');
    expect(ports.catalog.current().domains[0]!.ladderRevision).toBe(revision.id);
  });

  const row = (text: string, label: string, line = 1): Example => ({ text, label, line });
  it.each([
    ['two rows', examplesOf(['a', 'b'], 1), '2 rows are too few'],
    ['one label', examplesOf(['a'], 9), 'All rows have the same label'],
    ['too many labels', Array.from({ length: 2049 }, (_, i) => row(`text ${i}`, `l${i}`)), '2049 labels'],
    ['a label with a line break', [...examplesOf(['a', 'b'], 4), row('x', 'a\nb', 9)], 'Line 9 has a label'],
    ['an empty label', [...examplesOf(['a', 'b'], 4), row('x', '', 9)], 'Line 9 has a label'],
    ['a long label', [...examplesOf(['a', 'b'], 4), row('x', 'y'.repeat(257), 9)], 'Line 9 has a label'],
    ['an empty text', [...examplesOf(['a', 'b'], 4), row(' ', 'a', 9)], 'Line 9: The text is empty'],
  ])('refuses %s', async (_, examples, why) => {
    await expect(createDeltas(ports).fit({ domain: 'bank', examples })).rejects.toThrow(why);
    expect(ports.fitter.jobs).toEqual([]);
  });

  it('refuses what is named and has no examples, a base that is not here, and weights that are none', async () => {
    const deltas = createDeltas(ports);
    const ask = { domain: 'bank', examples: examplesOf(LABELS, 10) };
    await expect(deltas.fit({ ...ask, outOfScopeLabel: 'oos' })).rejects.toThrow('"oos" is named');
    await expect(deltas.fit({ ...ask, base: 'large' })).rejects.toThrow('no model "large"');
    await expect(deltas.fit({ ...ask, weights: [1] })).rejects.toThrow('one an example');
    const evaluation = [row('something else', 'unknown', 3)];
    await expect(deltas.fit({ ...ask, evaluation })).rejects.toThrow('Line 3 of the evaluation data');
    const subDomains = JSON.parse('{"__proto__": ["pin"]}') as Record<string, string[]>;
    await expect(deltas.fit({ ...ask, subDomains })).rejects.toThrow('"__proto__" cannot name a sub-domain');
    await expect(deltas.fit({ ...ask, domain: '../bank' })).rejects.toThrow('cannot name a domain');
  });
});

describe('evaluate', () => {
  it('judges every rung and the ladder, of what is in force and of what was kept', async () => {
    const deltas = createDeltas(ports);
    const { revision } = await deltas.fit({ domain: 'bank', examples: examplesOf(LABELS, 24) });
    const examples = examplesOf(LABELS, 20, 9);
    const found = await deltas.evaluate({ domain: 'bank', examples });
    expect(found).toMatchObject({ domain: 'bank', revision: revision.id });
    expect(found.rungs.map(({ rung }) => rung)).toEqual(['nano', 'base']);
    expect(found.ladder!.accuracy.rows).toBe(100);
    expect(await deltas.evaluate({ domain: 'bank', revision: revision.id, examples })).toEqual(found);
  });

  it('refuses labels and revisions that nobody knows', async () => {
    const deltas = createDeltas(ports);
    await deltas.fit({ domain: 'bank', examples: examplesOf(LABELS, 24) });
    await expect(deltas.evaluate({ domain: 'bank', examples: examplesOf(['x'], 4) })).rejects.toThrow(
      'no delta of this',
    );
    await expect(deltas.evaluate({ domain: 'shop', examples: [] })).rejects.toThrow('no domain "shop"');
    await expect(deltas.evaluate({ domain: 'bank', revision: 'f'.repeat(64), examples: [] })).rejects.toThrow(
      'no revision ffffffffffff',
    );
  });
});

it('has nothing to roll back to where nothing of its own is in force', async () => {
  await expect(createDeltas(ports).rollback('bank')).rejects.toThrow('nothing to go back to');
});

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { homeOfThisFile, refusal } from './support/answers.js';
import { SHIPPED, temporaryFolder, terrace } from './support/run-cli.js';
import { ROWS, writeRows } from './support/rows.js';

type Interval = readonly [low: number, high: number];
type Metric = 'accuracy' | 'coverage' | 'selectiveAccuracy' | 'violationRate' | 'ece' | 'relativeCost';
interface Report extends Readonly<Record<Metric, number>> {
  readonly rows: number;
  readonly callsPerTier: Readonly<Record<string, number>>;
  readonly latencyMs: Readonly<Record<'mean' | 'p50' | 'p95', number>>;
  readonly largestTier: string;
  readonly intervals: Readonly<Record<Metric, Interval>>;
}

const where = { home: homeOfThisFile() };
/** Three models, and the measurement of the device. */
const LOADS_MS = 20_000;
const METRICS = ['accuracy', 'coverage', 'selectiveAccuracy', 'violationRate', 'ece', 'relativeCost'] as const;
const { TERRACE_DATA } = process.env;

async function evaluate(files: string | readonly string[], ...flags: string[]): Promise<Report> {
  const args = ['eval', '--domain', 'clinc150', '--json', ...flags, '--data', ...[files].flat()];
  const { code, json, stderr } = await terrace(args, where);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return json<Report>();
}

describe('eval', () => {
  /** Of all rows, under the cascade. */
  let report: Report;
  beforeAll(async () => {
    const file = path.join(where.home, 'rows.jsonl');
    writeFileSync(file, ROWS.map((row) => JSON.stringify(row)).join('\n'));
    report = await evaluate(file);
  }, LOADS_MS);

  it('reports every figure with an interval around it', () => {
    expect(report.rows).toBe(ROWS.length);
    expect(report.accuracy).toBe(1);
    expect(report.largestTier).toBe('base');
    for (const metric of METRICS) {
      const [low, high] = report.intervals[metric];
      expect(low).toBeLessThanOrEqual(high);
      if (metric === 'ece') continue;
      expect(report[metric]).toBeGreaterThanOrEqual(low);
      expect(report[metric]).toBeLessThanOrEqual(high);
    }
    const { mean, p50, p95 } = report.latencyMs;
    expect(p50).toBeLessThanOrEqual(p95);
    expect(mean).toBeGreaterThan(0);
    expect(report.relativeCost).toBeGreaterThan(0);
  });

  it('counts a right out-of-scope label as right, and an answer that is not accepted too', async () => {
    const unsure = ROWS.filter(({ label }) => ['oos', 'freeze_account'].includes(label));
    const flags = ['--min-confidence', '0.99999'];
    expect(await evaluate(writeRows(unsure), ...flags)).toMatchObject({ accuracy: 1, coverage: 0, violationRate: 0 });
  });

  it('counts a wrong label as wrong, and as a violation where it was accepted', async () => {
    const wrong = ROWS.map((row, i) => (i === 0 ? { ...row, label: 'weather' } : row));
    expect(await evaluate(writeRows(wrong))).toMatchObject({
      accuracy: 0.9,
      coverage: 1,
      selectiveAccuracy: 0.9,
      violationRate: 0.1,
    });
  });

  it('asks nano of every row and base of the hard ones under the cascade', () => {
    const { callsPerTier } = report;
    expect(callsPerTier['nano']).toBe(ROWS.length);
    expect(callsPerTier['base']).toBeGreaterThan(0);
    expect(callsPerTier['base']).toBeLessThan(ROWS.length / 2);
  });

  it.each(['nano', 'base'])('asks nobody but the tier of --policy %s', async (policy) => {
    const { callsPerTier } = await evaluate(writeRows(ROWS), '--policy', policy);
    expect(callsPerTier).toEqual({ [policy]: ROWS.length });
  });

  it('accepts less under a bound', async () => {
    const file = writeRows([...ROWS.slice(0, 3), { text: 'is it any good at all', label: 'restaurant_reviews' }]);
    expect(await evaluate(file)).toMatchObject({ accuracy: 1, coverage: 1 });
    expect(await evaluate(file, '--max-risk', '2%')).toMatchObject({ accuracy: 1, coverage: 0.75, violationRate: 0 });
    expect(await evaluate(file, '--max-risk', '0.0001')).toMatchObject({ accuracy: 1, coverage: 0 });
  });

  it('takes every n-th row of each file, from the first', async () => {
    const file = writeRows(ROWS);
    expect((await evaluate(file, '--every', '3')).rows).toBe(4);
    expect((await evaluate([file, file], '--every', '3')).rows).toBe(8);
  });

  it('uses the calibration of --calibration instead of the shipped one', async () => {
    const file = path.join(SHIPPED, 'deltas/clinc150/calibration.json');
    expect((await evaluate(writeRows(ROWS), '--calibration', file)).accuracy).toBe(1);
    const other = path.join(SHIPPED, 'deltas/banking77/calibration.json');
    const args = ['eval', '--domain', 'clinc150', '--data', writeRows(ROWS), '--calibration', other];
    expect(await refusal(args, where)).toMatchObject({ exit: 2, code: 'CALIBRATION_MISMATCH' });
  });

  it('says the same of the same rows, times aside', async () => {
    const stable = ({ latencyMs: _, relativeCost: __, intervals, ...rest }: Report): object => ({
      ...rest,
      intervals: { ...intervals, relativeCost: undefined },
    });
    expect(stable(await evaluate(writeRows(ROWS)))).toEqual(stable(report));
  });

  it('prints a table for people', async () => {
    const { stdout } = await terrace(['eval', '--domain', 'clinc150', '--data', writeRows(ROWS)], where);
    expect(stdout).toMatch(/^ +10 rows +95 % interval\naccuracy +100\.0 % +100\.0 % to 100\.0 %$/m);
    expect(stdout).toMatch(/^calls +nano 10, /m);
    expect(stdout).toMatch(/^latency +mean .* ms, p50 .* ms, p95 .* ms$/m);
  });
});

describe('eval refuses', () => {
  const evaluated = (file: string): readonly string[] => ['eval', '--domain', 'clinc150', '--data', file];

  it('a label that the deltas do not know, and names its line', async () => {
    const refused = await refusal(evaluated(writeRows([...ROWS, { text: 'hm', label: 'humming' }])), where);
    expect(refused).toMatchObject({ exit: 2, code: 'INVALID_DATA', facts: { line: ROWS.length + 1 } });
    expect(refused.message).toContain('"humming"');
  });

  it.each([
    ['no label', { text: 'hm' }],
    ['a text that is a number', { text: 7, label: 'weather' }],
    ['a list', ['hm', 'weather']],
    ['null', null],
  ])('a row with %s, and names its line', async (_, row) => {
    const refused = await refusal(evaluated(writeRows([ROWS[0], row])), where);
    expect(refused).toMatchObject({ exit: 2, code: 'INVALID_DATA', facts: { line: 2 } });
  });

  it('a file that is not JSON, is empty, or is not there', async () => {
    const file = path.join(temporaryFolder(), 'rows.txt');
    writeFileSync(file, 'words and no fields\n');
    expect(await refusal(evaluated(file), where)).toMatchObject({ exit: 2, facts: { line: 1 } });
    // A spreadsheet's header is one of CSV, without any rows.
    for (const content of ['\n\n', 'text,label\n']) {
      writeFileSync(file, content);
      expect((await refusal(evaluated(file), where)).message).toContain('holds no rows');
    }
    const missing = await refusal(evaluated(`${file}.gone`), where);
    expect(missing).toMatchObject({ exit: 2, facts: { file: `${file}.gone` } });
  });

  it.each(['0', '-1', '1.5', 'two'])('--every %s', async (every) => {
    const refused = await refusal([...evaluated(writeRows(ROWS)), `--every=${every}`], where);
    expect(refused).toMatchObject({ exit: 2, code: 'INVALID_REQUEST' });
  });
});

describe.skipIf(!TERRACE_DATA)('eval on CLINC150 (needs TERRACE_DATA)', () => {
  it('is right on more than 90 % of every fifteenth validation row, for less than base costs', async () => {
    const report = await evaluate(path.join(TERRACE_DATA!, 'clinc150/val.jsonl'), '--every', '15');
    expect(report.rows).toBe(200);
    expect(report.accuracy).toBeGreaterThan(0.9);
    expect(report.callsPerTier['base']).toBeLessThan(report.callsPerTier['nano']! / 2);
    expect(report.ece).toBeLessThan(0.1);
  });

  it('keeps the bound on them', async () => {
    const report = await evaluate(path.join(TERRACE_DATA!, 'clinc150/val.jsonl'), '--every', '15', '--max-risk', '5%');
    expect(report.coverage).toBeGreaterThan(0.8);
    // The certificate is about the population; 200 rows of it vary by three points.
    expect(1 - report.selectiveAccuracy).toBeLessThan(0.08);
  });
});

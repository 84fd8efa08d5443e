import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { calibrationSchema, type Calibration } from '@terrace/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, HARD, homeOfThisFile, refusal } from './support/answers.js';
import { linkedModels } from './support/linked-models.js';
import { canMount, mountReadOnly, mountSmallDisk } from './support/mounts.js';
import { nanoModelsOfThisFile } from './support/nano-models.js';
import { ROWS, writeRows } from './support/rows.js';
import { temporaryFolder, terrace } from './support/run-cli.js';

const home = homeOfThisFile();
const where = { home };
/** One model to fit instead of three, where the fit comes to nothing. */
const nanoWhere = { home, models: nanoModelsOfThisFile() };
const { TERRACE_DATA } = process.env;

/** Asks three tiers a thousand times, then fits seven ladders with folds of their own. */
const ASKS_AND_FITS_MS = 60_000;
/** The same with a tenth of the rows: three seconds on a quiet machine. */
const FITS_MS = 30_000;

const calibrated = (file: string, ...flags: string[]): readonly string[] => [
  'calibrate',
  '--domain',
  'clinc150',
  '--data',
  file,
  ...flags,
];
/** As many rows as are needed at least; some are labelled wrong, or there would be no error to fit. */
const enough = (): string =>
  writeRows(
    Array.from({ length: 12 }, (_, i) => ROWS.map((row) => (i === 0 ? { ...row, label: 'weather' } : row))).flat(),
  );
const read = (file: string): Calibration => calibrationSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

describe('calibrate', () => {
  it(
    'writes a calibration that fits the schema and names its tiers, and run accepts it',
    { timeout: FITS_MS },
    async () => {
      const out = path.join(temporaryFolder(), 'new', 'folder', 'calibration.json');
      const { code, json } = await terrace([...calibrated(enough(), '--out', out), '--json'], where);
      expect(code).toBe(0);
      const calibration = read(out);
      expect(json<{ file: string }>().file).toBe(out);
      expect(calibration).toMatchObject({ domain: 'clinc150', data: { rows: 120, outOfScopeRows: 11 } });
      expect(Object.keys(calibration.tiers)).toEqual(['nano', 'small', 'base']);
      expect(calibration.ladders.map(({ tiers }) => tiers.join('+'))).toContain('nano+small+base');
      const answer = await ask(HARD, where, '--calibration', out);
      expect(answer).toMatchObject({ code: 0, output: { label: 'freeze_account' }, verdict: { calibrated: true } });
      expect(readdirSync(path.dirname(out))).toEqual(['calibration.json']);
    },
  );

  it('replaces the calibration of the domain and its entry in the catalog', { timeout: FITS_MS }, async () => {
    const models = linkedModels();
    const { code } = await terrace(calibrated(enough()), { home, models });
    expect(code).toBe(0);
    expect(read(path.join(models, 'deltas/clinc150/calibration.json')).data.rows).toBe(120);
    const { json } = await terrace(['models', 'verify', '--json'], { home, models });
    expect(json()).toMatchObject({ ok: true, drift: [] });
  });
});

describe('calibrate refuses', () => {
  it('too few rows, says how many it takes, and writes nothing', async () => {
    const out = path.join(temporaryFolder(), 'calibration.json');
    const refused = await refusal(calibrated(writeRows(ROWS), '--out', out), where);
    expect(refused).toMatchObject({ exit: 2, code: 'INVALID_DATA', facts: { rows: 10, minimum: 100 } });
    expect(refused.hint).toContain('100');
    expect(existsSync(out)).toBe(false);
  });

  it('a label that the deltas do not know, and names its line', async () => {
    const out = path.join(temporaryFolder(), 'calibration.json');
    const file = writeRows([...ROWS, { text: 'hm', label: 'humming' }]);
    const refused = await refusal(calibrated(file, '--out', out), where);
    expect(refused).toMatchObject({ exit: 2, code: 'INVALID_DATA', facts: { line: 11 } });
    expect(refused.message).toContain('"humming"');
    expect(existsSync(out)).toBe(false);
  });

  it('a text that no request may hold, and names its line', async () => {
    const file = writeRows([...ROWS, { text: '', label: 'weather' }]);
    const refused = await refusal(calibrated(file), where);
    expect(refused).toMatchObject({ exit: 2 });
    expect(refused.message).toContain('11');
  });

  it('an unknown domain', async () => {
    const refused = await refusal(['calibrate', '--domain', 'nope', '--data', writeRows(ROWS)], where);
    expect(refused).toMatchObject({ exit: 2, code: 'UNKNOWN_DOMAIN' });
  });

  it.skipIf(!canMount)(
    'a full disk, and leaves the file that was there as it was (needs root to mount)',
    { timeout: FITS_MS },
    async () => {
      const disk = path.join(temporaryFolder(), 'disk');
      mountSmallDisk(disk, 4096);
      const refused = await refusal(calibrated(enough(), '--out', path.join(disk, 'calibration.json')), nanoWhere);
      expect(refused).toMatchObject({ exit: 1, code: 'STORAGE_FAILED', facts: { errno: 'ENOSPC' } });
      expect(refused.hint).toContain('disk is full');
      expect(readdirSync(disk)).toEqual([]);
    },
  );

  it.skipIf(!canMount)(
    'a read-only models folder, and leaves it as it was (needs root to mount)',
    { timeout: FITS_MS },
    async () => {
      const models = linkedModels();
      const file = path.join(models, 'deltas/clinc150/calibration.json');
      const before = { files: readdirSync(path.dirname(file)), content: readFileSync(file, 'utf8') };
      mountReadOnly(models);
      const refused = await refusal(calibrated(enough()), { home, models });
      expect(refused).toMatchObject({ exit: 1, facts: { errno: 'EROFS' } });
      expect(refused.hint).toContain('--out');
      expect({ files: readdirSync(path.dirname(file)), content: readFileSync(file, 'utf8') }).toEqual(before);
    },
  );

  it('a folder in the place of the file', { timeout: FITS_MS }, async () => {
    const out = path.join(temporaryFolder(), 'calibration.json');
    mkdirSync(out);
    const refused = await refusal(calibrated(enough(), '--out', out), nanoWhere);
    expect(refused).toMatchObject({ exit: 1, facts: { file: out } });
    expect(readdirSync(path.dirname(out))).toEqual(['calibration.json']);
  });
});

describe.skipIf(!TERRACE_DATA)('calibrate on banking77 (needs TERRACE_DATA)', () => {
  const out = path.join(home, 'banking77.json');
  const data = path.join(TERRACE_DATA ?? '', 'banking77/train.jsonl');
  let printed: string;
  beforeAll(async () => {
    const { code, stdout } = await terrace(
      ['calibrate', '--domain', 'banking77', '--data', data, '--every', '10', '--out', out],
      where,
    );
    expect(code).toBe(0);
    printed = stdout;
  }, ASKS_AND_FITS_MS);

  it('fits every ladder on the thousand rows that the deltas never saw', () => {
    const { data: about, ladders, domain } = read(out);
    expect({ domain, rows: about.rows, outOfScopeRows: about.outOfScopeRows }).toEqual({
      domain: 'banking77',
      rows: 1001,
      outOfScopeRows: 0,
    });
    expect(ladders).toHaveLength(7);
    for (const { operating } of ladders) expect(operating.accuracy).toBeGreaterThan(0.88);
    expect(printed).toMatch(/^1001 rows, 0 out of scope, 3 tiers -> .*\n\nladder +accuracy +cost/);
  });

  it('is made of the same rows, deltas and variants as the shipped one', () => {
    const shipped = read(path.join(import.meta.dirname, '../models/deltas/banking77/calibration.json'));
    const fitted = read(out);
    expect(fitted.data).toEqual(shipped.data);
    expect(fitted.tiers).toEqual(shipped.tiers);
  });

  it('is accepted by run, with a certificate of its own', async () => {
    const args = [
      'run',
      '--domain',
      'banking77',
      '--calibration',
      out,
      '--max-risk',
      '5%',
      '--json',
      'where is my card',
    ];
    const { code, json } = await terrace(args, where);
    expect(code).toBe(0);
    expect(json()).toMatchObject({ verdict: { calibrated: true, certificate: { maxRisk: 0.05 } } });
  });

  it('is accepted by eval', async () => {
    const args = ['eval', '--domain', 'banking77', '--calibration', out, '--data', data, '--every', '100', '--json'];
    const { code, json } = await terrace(args, where);
    expect(code).toBe(0);
    expect(json<{ accuracy: number }>().accuracy).toBeGreaterThan(0.8);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidDataError, InvalidRequestError, TerraceError } from '@terrace/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseKpi, parseUntil, readBaseline } from './pilot-flags.js';

const DAY = 86_400_000;

describe('a KPI', () => {
  it.each([
    ['accuracy>=0.9', 'accuracy', 'absolute', 0.9],
    [' accuracy >= 90% ', 'accuracy', 'absolute', 0.9],
    ['costUsd<=0.8x', 'costUsd', 'relative', 0.8],
    ['p95Ms<=200', 'p95Ms', 'absolute', 200],
    ['leftDevice<=.5', 'leftDevice', 'absolute', 0.5],
  ])('%s is read', (text, metric, kind, value) => {
    expect(parseKpi(text)).toEqual({ metric, goal: { kind, value } });
  });

  it.each([
    '',
    'accuracy',
    'accuracy>=',
    'accuracy>=NaN',
    'accuracy<=0.9',
    'p95Ms>=1',
    'speed<=1',
    'costUsd<=-1',
    'x=1',
  ])('"%s" is refused', (text) => expect(() => parseKpi(text)).toThrow(InvalidRequestError));
});

describe('a baseline', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'terrace-pilot-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('is a time before, a control group or figures', async () => {
    const file = join(folder, 'figures.json');
    await writeFile(file, '{"accuracy":0.9}');
    expect(await readBaseline('before:14d', 20 * DAY)).toEqual({
      kind: 'period',
      fromWallMs: 6 * DAY,
      toWallMs: 20 * DAY,
    });
    expect(await readBaseline('control:small:10%', 0)).toEqual({ kind: 'control', model: 'small', share: 0.1 });
    expect(await readBaseline(`figures:${file}`, 0)).toEqual({ kind: 'figures', figures: { accuracy: 0.9 } });
  });

  it.each([
    '',
    'before',
    'before:',
    'before:yesterday',
    'control:small',
    'control::10%',
    'control:a:b:10%',
    'after:1d',
  ])('"%s" is refused', async (text) =>
    expect(await readBaseline(text, 0).catch((error: unknown) => error)).toBeInstanceOf(InvalidRequestError),
  );

  it.each(['{"beauty":1}', '{"accuracy":"0.9"}', '{"accuracy":-1}', '[]', '1'])(
    'of the figures %s is refused, naming the file',
    async (text) => {
      const file = join(folder, 'figures.json');
      await writeFile(file, text);
      const error = await readBaseline(`figures:${file}`, 0).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(InvalidDataError);
      expect((error as InvalidDataError).facts).toEqual({ file });
    },
  );

  it('of a file that is not there is refused', async () => {
    const error = await readBaseline(`figures:${join(folder, 'none')}`, 0).catch((caught: unknown) => caught);
    expect(TerraceError.isInstance(error)).toBe(true);
  });
});

describe('the last day of a pilot', () => {
  it('is all of that day, or a time', () => {
    expect(new Date(parseUntil('2026-12-24')).toISOString()).toBe('2026-12-25T00:00:00.000Z');
    expect(new Date(parseUntil('2026-12-24T18:00Z')).toISOString()).toBe('2026-12-24T18:00:00.000Z');
  });

  it.each(['', 'soon', '24.12.2026', '2026-13-01', '2026-02-31', '2026-12-24T18:00', '2026-12-24 18:00'])(
    '"%s" is refused',
    (text) => expect(() => parseUntil(text)).toThrow(InvalidRequestError),
  );
});

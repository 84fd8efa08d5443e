import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readCalibrationRows } from './read-calibration-rows.js';

function fileOf(...lines: readonly string[]): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-rows-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'rows.jsonl');
  writeFileSync(file, lines.join('\n'));
  return file;
}

it('reads labelled texts and pairs', async () => {
  const rows = [
    { text: 'a', label: 'b' },
    { a: 'x', b: 'y', same: false },
  ];
  expect(await readCalibrationRows(fileOf(...rows.map((row) => JSON.stringify(row))))).toEqual(rows);
});

it.each([
  '{',
  '{"text":"secret"}',
  '{"a":"secret","b":"","same":true}',
  '{"text":"secret","label":"b","same":true}',
  '[]',
])('names the line that is wrong, and nothing of it: %s', async (line) => {
  const error: unknown = await readCalibrationRows(fileOf('{"text":"a","label":"b"}', line)).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'INVALID_DATA', message: expect.stringContaining('Line 2') });
  expect(String((error as Error).message)).not.toContain('secret');
});

it('says that a file is not there, or has nothing in it', async () => {
  await expect(readCalibrationRows('/nowhere/rows.jsonl')).rejects.toMatchObject({ code: 'INVALID_DATA' });
  await expect(readCalibrationRows(fileOf(''))).rejects.toMatchObject({ code: 'INVALID_DATA' });
});

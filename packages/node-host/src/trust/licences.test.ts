import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readAcceptances, requireLicences, type Licensed } from './licences.js';

let home: string;
let nowMs = 0;
const clock = { wallMs: () => nowMs };
const model = (id: string, licence: string, sha256 = 'a'.repeat(64)): Licensed => ({
  id,
  licence,
  publisher: 'Test',
  variants: [{ dtype: 'int8', providers: ['cpu'], weights: { path: `${id}.onnx`, bytes: 1, sha256 } }],
});
const ask = (accepted: readonly string[] = []) => ({ accepted, home, clock });

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'terrace-licences-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  nowMs = 0;
});

describe('requireLicences', () => {
  it('keeps both of two acceptances that are recorded at once', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map((id) => requireLicences([model(id, 'MIT')], ask())));
    await Promise.all([a!.record(), b!.record()]);
    expect((await readAcceptances(home)).map((each) => each.model).toSorted()).toEqual(['a', 'b']);
  });

  it('records nothing until it is told to', async () => {
    const licences = await requireLicences([model('a', 'MIT')], ask());
    expect(readdirSync(home)).toEqual([]);
    await licences.record();
    expect(await readAcceptances(home)).toEqual([
      {
        licence: 'MIT',
        model: 'a',
        publisher: 'Test',
        weights: ['a'.repeat(64)],
        acceptedAt: '1970-01-01T00:00:00.000Z',
        how: 'policy',
      },
    ]);
  });

  it('names every model under a licence that was not accepted, and the flag', async () => {
    const models = [model('a', 'MIT'), model('b', 'my own terms'), model('c', 'my own terms')];
    await expect(requireLicences(models, ask(['other']))).rejects.toMatchObject({
      code: 'LICENCE_NOT_ACCEPTED',
      facts: { licence: 'my own terms', models: 'b c' },
      hint: expect.stringContaining("--accept-licence 'my own terms'") as string,
    });
  });

  it('remembers what was accepted for the same model of the same publisher, and for no other', async () => {
    await (await requireLicences([model('a', 'terms')], ask(['Terms']))).record();
    nowMs = 5000;
    await (await requireLicences([model('a', 'terms')], ask())).record();
    await (await requireLicences([model('a', 'terms', 'b'.repeat(64))], ask())).record();
    const found = await readAcceptances(home);
    expect(found.map(({ acceptedAt, how }) => [acceptedAt, how])).toEqual([
      ['1970-01-01T00:00:00.000Z', 'flag'],
      ['1970-01-01T00:00:05.000Z', 'flag'],
    ]);
    for (const other of [model('b', 'terms'), model('a', 'terms 2'), { ...model('a', 'terms'), publisher: 'Else' }]) {
      await expect(requireLicences([other], ask())).rejects.toMatchObject({ code: 'LICENCE_NOT_ACCEPTED' });
    }
  });

  it('asks once a licence', async () => {
    const asked: string[] = [];
    const yes = async (licence: string, models: readonly string[]) => (
      asked.push(`${licence}: ${models.join(' ')}`),
      true
    );
    await requireLicences([model('a', 'terms'), model('b', 'terms')], { ...ask(), ask: yes });
    expect(asked).toEqual(['terms: a b']);
  });
});

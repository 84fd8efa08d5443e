import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ArtifactCorruptError, type LocatedFile } from '@terrace/core';
import { loadTokenizer, type TextTokenizer } from '@terrace/core/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encoderHost } from './encoder-host.js';
import { shippedModel } from './testing/shipped-model.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-tokenizer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(content: string): LocatedFile {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const location = path.join(folder, `${sha256}.json`);
  writeFileSync(location, content);
  return { location, bytes: Buffer.byteLength(content), sha256 };
}

const refusal = (tokenizer: LocatedFile): Promise<unknown> =>
  loadTokenizer({ tokenizer, tokenizerConfig: undefined }, encoderHost).catch((caught: unknown) => caught);

const [CLS, SEP, UNK] = [101, 102, 100];

describe('the shipped tokenizer', () => {
  let tokenize: TextTokenizer;
  beforeAll(async () => {
    const { model } = await shippedModel('nano', 'q4', 0);
    tokenize = await loadTokenizer(model, encoderHost);
  });

  it('puts the special tokens around a text, also around none', () => {
    const { ids, unknownTokens } = tokenize('freeze my account');
    expect(ids).toEqual([CLS, 13184, 2026, 4070, SEP]);
    expect(unknownTokens).toBe(0);
    expect(tokenize('').ids).toEqual([CLS, SEP]);
  });

  it('does not mind case and accents', () => {
    expect(tokenize('Naïve CAFÉ').ids).toEqual(tokenize('naive cafe').ids);
  });

  it('counts what its vocabulary does not know', () => {
    const { ids, unknownTokens } = tokenize('hello 🎉 🔥');
    expect(ids.filter((id) => id === UNK)).toHaveLength(2);
    expect(unknownTokens).toBe(2);
  });

  it('leaves a long text whole: cutting is for those who know the context', () => {
    expect(tokenize('account '.repeat(2000)).ids).toHaveLength(2002);
  });
});

describe('a tokenizer file', () => {
  it.each([
    ['is not JSON', '<!doctype html>'],
    ['is JSON of something else', '{"format": 1}'],
  ])('that %s is refused as corrupt and named', async (_, content) => {
    const file = write(content);
    const error = await refusal(file);
    expect(ArtifactCorruptError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ facts: { file: file.location }, cause: expect.any(Error) });
  });

  it('that is not the one of the catalog is refused before it is read as one', async () => {
    const file = { ...write('{}'), sha256: '0'.repeat(64) };
    const error = await refusal(file);
    expect(error).toMatchObject({ code: 'ARTIFACT_CORRUPT', message: expect.stringContaining('sha256') });
  });
});

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ArtifactMissingError } from '@terrace/core';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { contentId, describeFile } from './content-id.js';

/** The same value with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([key, each]) => [key, reversed(each)]));
}

describe('contentId', () => {
  it('is the sha256 of the JSON with sorted keys', () => {
    const expected = createHash('sha256').update('{"a":[1,null],"b":"x"}').digest('hex');
    expect(contentId({ b: 'x', a: [1, null] })).toBe(expected);
  });

  it('does not depend on the order of keys', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => contentId(reversed(value)) === contentId(value)));
  });

  it('depends on everything else', () => {
    const different = [{}, [], null, 0, '', 'a', ['a'], { a: 1 }, { a: '1' }, { a: [1] }, [1, 2], [2, 1], { b: 1 }];
    expect(new Set(different.map(contentId)).size).toBe(different.length);
  });

  it('does not see a key without a value, as JSON does not', () => {
    expect(contentId({ a: 1, b: undefined })).toBe(contentId({ a: 1 }));
  });
});

describe('describeFile', () => {
  function folder(): string {
    const created = mkdtempSync(path.join(os.tmpdir(), 'terrace-content-'));
    onTestFinished(() => rmSync(created, { recursive: true, force: true }));
    return created;
  }

  it('gives size, hash and a path below the root with forward slashes', async () => {
    const root = folder();
    mkdirSync(path.join(root, 'a/b'), { recursive: true });
    writeFileSync(path.join(root, 'a/b/file'), 'hello');
    expect(await describeFile(root, path.join(root, 'a', 'b', 'file'))).toEqual({
      path: 'a/b/file',
      bytes: 5,
      sha256: createHash('sha256').update('hello').digest('hex'),
    });
  });

  it('says which file is missing and what to do', async () => {
    const root = folder();
    const error: unknown = await describeFile(root, path.join(root, 'none')).catch((caught: unknown) => caught);
    expect(ArtifactMissingError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ facts: { file: path.join(root, 'none') }, cause: { code: 'ENOENT' } });
  });
});

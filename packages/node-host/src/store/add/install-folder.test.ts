import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Swaps } from './install-folder.js';

let root: string;
const at = (name: string): string => path.join(root, name);

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'terrace-swaps-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of [
    ['new', 'new'],
    ['models/a', 'old'],
  ] as const) {
    mkdirSync(at(name), { recursive: true });
    writeFileSync(at(`${name}/file`), content);
  }
});

describe('Swaps', () => {
  it('puts a folder in the place of another, and everything back', async () => {
    const swaps = new Swaps(at('attic'));
    await swaps.put(at('new'), at('models/a'));
    expect(readFileSync(at('models/a/file'), 'utf8')).toBe('new');
    await swaps.back();
    expect(readFileSync(at('models/a/file'), 'utf8')).toBe('old');
  });

  it('leaves no folder where there was none', async () => {
    const swaps = new Swaps(at('attic'));
    await swaps.put(at('new'), at('models/b'));
    await swaps.back();
    expect(existsSync(at('models/b'))).toBe(false);
  });

  it('moves a file aside and back', async () => {
    const swaps = new Swaps(at('attic'));
    await swaps.away(at('models/a/file'), at('models/a/kept'));
    expect(existsSync(at('models/a/kept'))).toBe(true);
    await swaps.back();
    expect(existsSync(at('models/a/file'))).toBe(true);
  });

  it('leaves the old folder when the new one cannot be moved', async () => {
    const swaps = new Swaps(at('attic'));
    await expect(swaps.put(at('missing'), at('models/a'))).rejects.toThrow(/cannot be written/);
    await swaps.back();
    expect(readFileSync(at('models/a/file'), 'utf8')).toBe('old');
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { StorageError } from '@terrace/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createContext, type Check } from './doctor-context.js';
import { judgeVersion } from './doctor-host.js';
import { findCopies, judgeVersions } from './doctor-runtime.js';
import { examine } from './doctor.js';

const context = (signal = new AbortController().signal) => createContext({}, signal);
const check = (name: string, run: Check['run']): Check => ({ name, run });
const fine = check('fine', async () => [{ name: 'fine', state: 'ok', found: 'all well' }]);

describe('examine', () => {
  it('makes a problem of what a check throws, with its hint, and goes on', async () => {
    const full = check('disk', async () => {
      throw new StorageError({ message: 'The disk is full.', hint: 'Free some space.' });
    });
    expect(await examine([full, fine], context())).toEqual([
      { name: 'disk', state: 'problem', found: 'The disk is full.', fix: 'Free some space.' },
      { name: 'fine', state: 'ok', found: 'all well' },
    ]);
  });

  it('reports one reason once', async () => {
    const reason = new Error('no models');
    const broken = (name: string) =>
      check(name, async () => {
        throw reason;
      });
    const findings = await examine([broken('first'), broken('second')], context());
    expect(findings.map(({ state }) => state)).toEqual(['problem', 'warning']);
    expect(findings[1]?.found).toContain('first');
  });

  it('ends when the signal aborts', async () => {
    const interrupted = new Error('interrupted');
    await expect(examine([fine], context(AbortSignal.abort(interrupted)))).rejects.toBe(interrupted);
  });
});

describe('judgeVersion', () => {
  it.each([
    ['18.20.0', 'problem'],
    ['20.18.9', 'problem'],
    ['20.19.0', 'ok'],
    ['24.0.0', 'ok'],
  ])('takes Node %s for %s', (version, state) => {
    expect(judgeVersion(version).state).toBe(state);
  });
});

it('takes two releases of one runtime for a problem', () => {
  expect(judgeVersions('1.30.0', '1.30.0').state).toBe('ok');
  expect(judgeVersions('1.30.0', '1.29.0').state).toBe('problem');
});

it('finds the copy of the runtime that another package brings along', () => {
  const root = mkdtempSync(path.join(os.tmpdir(), 'terrace-copies-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const name of [
    'onnxruntime-node',
    '@huggingface/transformers',
    '@huggingface/transformers/node_modules/onnxruntime-node',
  ]) {
    mkdirSync(path.join(root, 'node_modules', name), { recursive: true });
    writeFileSync(path.join(root, 'node_modules', name, 'package.json'), '{}');
  }
  expect(findCopies([path.join(root, 'package.json')])).toHaveLength(2);
});

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { StorageError } from '@terrace/core';
import { outcomeEntry } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createContext, type Check } from './doctor-context.js';
import { judgeVersion } from './doctor-host.js';
import { findCopies, judgeVersions } from './doctor-runtime.js';
import { openSqliteLedger } from '../../ledger/sqlite-ledger.js';
import { openContentStore } from '../../store/content/content-store.js';
import { systemClock } from '../../system-clock.js';
import { createKey } from '../../trust/keys.js';
import { contentStore } from './doctor-content.js';
import { ledgerFile } from './doctor-ledger.js';
import { leftovers } from './doctor-leftovers.js';
import { overlayCatalog } from './doctor-overlay.js';
import { stateFiles } from './doctor-state-files.js';
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

describe('what doctor repairs', () => {
  const NOT_A_DATABASE = 'this is no database, but it is long enough to look like one'.repeat(40);

  function home(): string {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-doctor-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }
  /** Once without and once with `--fix`, and once more: it must find nothing left to do. */
  async function visits(folder: string, each: Check) {
    const visit = async (fix: boolean) =>
      (await each.run(createContext({ home: folder, fix }, new AbortController().signal))).map(({ state }) => state);
    const before = readdirSync(folder, { recursive: true }).toSorted();
    const found = await visit(false);
    expect(readdirSync(folder, { recursive: true }).toSorted()).toEqual(before);
    return { found, fixed: await visit(true), afterwards: await visit(false) };
  }

  it('sets a ledger aside that is no database, and keeps its bytes', async () => {
    const folder = home();
    writeFileSync(path.join(folder, 'ledger.db'), NOT_A_DATABASE);
    expect(await visits(folder, ledgerFile)).toEqual({
      found: ['problem'],
      fixed: ['fixed', 'fixed'],
      afterwards: ['ok'],
    });
    const aside = readdirSync(folder).find((name) => name.startsWith('ledger.corrupt-') && name.endsWith('.db'));
    expect(readFileSync(path.join(folder, aside!), 'utf8')).toBe(NOT_A_DATABASE);
  });

  it('takes over the rows of a ledger that was set aside before', async () => {
    const folder = home();
    for (const [name, requestId] of [
      ['ledger.corrupt-2026.db', 'old'],
      ['ledger.db', 'new'],
    ] as const) {
      const ledger = await openSqliteLedger({ file: path.join(folder, name) });
      await ledger.append([outcomeEntry({ requestId })]);
      await ledger.close();
    }
    expect(await visits(folder, ledgerFile)).toEqual({
      found: ['ok', 'warning'],
      fixed: ['ok', 'fixed'],
      afterwards: ['ok'],
    });
    const ledger = await openSqliteLedger({ file: path.join(folder, 'ledger.db') });
    expect((await ledger.outcomes()).map(({ requestId }) => requestId)).toEqual(['new', 'old']);
    await ledger.close();
  });

  it('does not create a ledger by looking for it', async () => {
    const folder = home();
    expect(await visits(folder, ledgerFile)).toEqual({ found: ['ok'], fixed: ['ok'], afterwards: ['ok'] });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['device.json', 'self-tests.json', 'licences.json', 'trust.json'])(
    'sets a damaged %s aside',
    async (name) => {
      const folder = home();
      writeFileSync(path.join(folder, name), '{"half":');
      expect(await visits(folder, stateFiles)).toEqual({ found: ['problem'], fixed: ['fixed'], afterwards: ['ok'] });
      expect(readdirSync(folder)).toEqual([expect.stringMatching(/^[a-z-]+\.corrupt-.+\.json$/)]);
    },
  );

  it('removes what was left half-written long ago, and nothing that is being written', async () => {
    const folder = home();
    const id = '00000000-0000-4000-8000-000000000000';
    const stale = [`device.json.${id}.tmp`, path.join('models', `catalog.json.${id}.tmp`)];
    const staged = path.join('models', '.incoming', id);
    mkdirSync(path.join(folder, staged), { recursive: true });
    for (const name of [...stale, path.join(staged, 'weights')]) {
      writeFileSync(path.join(folder, name), 'half');
      utimesSync(path.join(folder, name), 1, 1);
    }
    utimesSync(path.join(folder, staged), 1, 1);
    const busy = path.join(folder, `self-tests.json.${id}.tmp`);
    writeFileSync(busy, 'being written');
    expect(await visits(folder, leftovers)).toEqual({ found: ['warning'], fixed: ['fixed'], afterwards: ['ok'] });
    expect(existsSync(busy)).toBe(true);
    for (const name of [...stale, staged]) expect(existsSync(path.join(folder, name))).toBe(false);
  });

  it('writes the catalog of added models anew when it is damaged, and keeps the old one', async () => {
    const folder = home();
    mkdirSync(path.join(folder, 'models'));
    writeFileSync(path.join(folder, 'models', 'catalog.json'), '{"format": 1, "models": [');
    expect(await visits(folder, overlayCatalog)).toEqual({ found: ['problem'], fixed: ['fixed'], afterwards: ['ok'] });
    expect(readdirSync(path.join(folder, 'models'))).toHaveLength(2);
  });

  it('goes on with the other objects when one cannot be read', async () => {
    const folder = home();
    const store = await openContentStore(path.join(folder, 'store'));
    const [first, second] = [await store.put(Buffer.from('one')), await store.put(Buffer.from('two'))];
    for (const { sha256 } of [first, second]) rmSync(store.pathOf(sha256));
    mkdirSync(store.pathOf(first.sha256));
    writeFileSync(store.pathOf(second.sha256), 'flipped');
    expect(await visits(folder, contentStore)).toEqual({
      found: ['problem', 'problem'],
      fixed: ['fixed', 'fixed'],
      afterwards: ['ok'],
    });
  });

  it('takes the right to change the trust file from other users', async () => {
    const folder = home();
    await createKey({ owner: 'ACME', home: folder, clock: systemClock });
    chmodSync(path.join(folder, 'trust.json'), 0o666);
    const { found, fixed, afterwards } = await visits(folder, stateFiles);
    expect({ found, fixed, afterwards }).toEqual({ found: ['problem'], fixed: ['fixed'], afterwards: ['ok'] });
  });

  it('sets an object of the content store aside whose bytes are not what its name says', async () => {
    const folder = home();
    const store = await openContentStore(path.join(folder, 'store'));
    const [good, bad] = [await store.put(Buffer.from('good')), await store.put(Buffer.from('bad'))];
    rmSync(store.pathOf(bad.sha256));
    writeFileSync(store.pathOf(bad.sha256), 'flipped');
    expect(await visits(folder, contentStore)).toEqual({ found: ['problem'], fixed: ['fixed'], afterwards: ['ok'] });
    expect(store.has(good)).toBe(true);
    expect(store.has(bad)).toBe(false);
  });
});

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { editJson, type Failure, flipByte, ids, list } from './support/edited-models.js';
import { canMount, mountReadOnly, mountSmallDisk } from './support/mounts.js';
import { copyOfModels, SHIPPED, temporaryFolder, terrace } from './support/run-cli.js';
import { temporaryHome } from './support/temporary-home.js';
import { writeTinyClassifier } from './support/tiny-classifier.js';

interface Addition {
  readonly id: string;
  readonly replaces: string | null;
  readonly uncalibrated: readonly string[];
  readonly notes: readonly string[];
}
interface Answer {
  readonly output: { label: string };
  readonly tier: string;
  readonly verdict: { calibrated: boolean };
}

const { TERRACE_MODELS, TERRACE_TEXT_MODEL } = process.env;
const STOLEN = 'how do i freeze my account after someone stole my card';

const add = (folder: string, home: string, ...flags: readonly string[]) =>
  terrace(['models', 'add', folder, ...flags, '--json'], { home });

/** What a model is under that says nothing of it. */
const NO_LICENCE = ['--accept-licence', 'unknown'] as const;

/** A copy of a shipped delta whose manifest is changed. */
function changedDelta(id: string, change: (manifest: Record<string, unknown>) => void): string {
  const folder = path.join(temporaryFolder(), 'delta');
  cpSync(path.join(SHIPPED, 'deltas', id), folder, { recursive: true });
  editJson(path.join(folder, 'delta.json'), change);
  return folder;
}

/** Everything in a folder but what waits to be installed. */
const contentOf = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('.incoming'))
    : [];

describe('models add', () => {
  it('adds a delta and answers with it, not calibrated any more', async () => {
    const home = temporaryHome();
    const folder = changedDelta(
      'clinc150/base',
      (manifest) => delete (manifest['subdomains'] as Record<string, unknown>)['meta'],
    );
    const added = await add(folder, home);
    expect(added.code).toBe(0);
    expect(added.json<Addition>()).toMatchObject({
      id: 'clinc150/base',
      replaces: 'shipped',
      uncalibrated: ['clinc150'],
    });
    expect(added.json<Addition>().notes.join()).toContain('terrace calibrate --domain clinc150');
    const domain = (await list(home)).domains.find(({ id }) => id === 'clinc150');
    expect(domain).toMatchObject({ calibration: null });
    expect(domain?.subDomains).toContain('meta');
    const { code, ...ran } = await terrace(['run', '--domain', 'clinc150', '--policy', 'base', '--json', STOLEN], {
      home,
    });
    expect(code).toBe(0);
    expect(ran.json<Answer>()).toMatchObject({
      output: { label: 'freeze_account' },
      tier: 'base',
      verdict: { calibrated: false },
    });
  });

  it('keeps the calibration of a domain when the delta is the same', async () => {
    const home = temporaryHome();
    const added = await add(path.join(SHIPPED, 'deltas/clinc150/base'), home);
    expect(added.json<Addition>().uncalibrated).toEqual([]);
    const { code, ...ran } = await terrace(['run', '--domain', 'clinc150', '--json', STOLEN], { home });
    expect(code).toBe(0);
    expect(ran.json<Answer>().verdict.calibrated).toBe(true);
  });

  it('adds a model whose tokenizer lies in the folder around it', async () => {
    const home = temporaryHome();
    const { code, ...added } = await add(path.join(SHIPPED, 'encoders/nano'), home);
    expect(code).toBe(0);
    expect(added.json<Addition>()).toMatchObject({ id: 'nano', replaces: 'shipped' });
    expect(existsSync(path.join(home, 'models/models/nano/tokenizer.json'))).toBe(true);
    expect((await list(home)).models.find(({ id }) => id === 'nano')).toMatchObject({ origin: 'added' });
  });

  it('refuses a delta of another base and leaves nothing behind', async () => {
    const home = temporaryHome();
    const folder = changedDelta('clinc150/base', (manifest) => {
      manifest['base'] = { id: 'base', files: { int8: 'ab'.repeat(32) } };
    });
    const { code, ...refused } = await add(folder, home);
    expect(code).toBe(2);
    expect(refused.json<Failure>().error.code).toBe('DELTA_MISMATCH');
    expect(contentOf(path.join(home, 'models'))).toEqual([]);
  });

  it('refuses a delta whose labels do not fit its head', async () => {
    const folder = changedDelta('clinc150/nano', (manifest) => (manifest['labels'] as string[]).push('one_more'));
    const { code, ...refused } = await add(folder, temporaryFolder());
    expect(code).toBe(2);
    expect(refused.json<Failure>().error.message).toContain('head.weight');
  });

  it('refuses weights that are not what the manifest says', async () => {
    const home = temporaryHome();
    const folder = path.join(copyOfModels(), 'encoders/nano');
    flipByte(path.join(folder, 'model_q4.onnx'));
    const { code, ...refused } = await add(folder, home);
    expect(code).toBe(1);
    expect(refused.json<Failure>().error.code).toBe('ARTIFACT_CORRUPT');
    expect(contentOf(path.join(home, 'models'))).toEqual([]);
  });

  it('refuses a link that leaves the folder', async () => {
    const outer = temporaryFolder();
    const folder = path.join(outer, 'model');
    writeTinyClassifier(folder);
    rmSync(path.join(folder, 'tokenizer.json'));
    writeFileSync(path.join(outer, 'secret.json'), '{}');
    symlinkSync('../secret.json', path.join(folder, 'tokenizer.json'));
    const { code, ...refused } = await add(folder, temporaryFolder());
    expect(code).toBe(2);
    expect(refused.json<Failure>().error.message).toContain('leaves the folder');
  });

  it('adds a classifier in the layout of the hub and answers with it', async () => {
    const home = temporaryHome();
    const folder = path.join(temporaryFolder(), 'Tiny Wärme');
    writeTinyClassifier(folder);
    const refused = await add(folder, home);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.json<Failure>().error).toMatchObject({ code: 'LICENCE_NOT_ACCEPTED' });
    expect(refused.json<Failure>().error.hint).toContain('--accept-licence unknown');
    const added = await add(folder, home, ...NO_LICENCE);
    expect(added.json<Addition>().id).toBe('Tiny-Warme');
    const { code, ...ran } = await terrace(['run', '--json', 'the sun and the fire'], { home });
    expect(ran.json()).toMatchObject({ output: { label: 'warm' }, tier: 'Tiny-Warme' });
    expect(code).toBe(0);
  });

  it('sets a calibration of added deltas aside when one of them is replaced', async () => {
    const home = temporaryHome();
    await add(path.join(SHIPPED, 'deltas/clinc150/base'), home);
    const overlay = path.join(home, 'models');
    cpSync(
      path.join(SHIPPED, 'deltas/clinc150/calibration.json'),
      path.join(overlay, 'deltas/clinc150/calibration.json'),
    );
    await terrace(['models', 'index', overlay], { home });
    const added = await add(
      changedDelta('clinc150/base', (manifest) => (manifest['outOfScopeLabel'] = null)),
      home,
    );
    expect(added.json<Addition>()).toMatchObject({ replaces: 'added', uncalibrated: ['clinc150'] });
    expect(readdirSync(path.join(overlay, 'deltas/clinc150')).toSorted()).toEqual([
      'base',
      expect.stringMatching(/^calibration\.\w{8}\.json$/),
    ]);
    const { code, ...ran } = await terrace(['run', '--domain', 'clinc150', '--json', STOLEN], { home });
    expect(code).toBe(0);
    expect(ran.json<Answer>().verdict.calibrated).toBe(false);
  });

  it('takes back what it moved in place when the catalog cannot be made', async () => {
    const home = temporaryHome();
    const broken = path.join(home, 'models/models/broken');
    mkdirSync(broken, { recursive: true });
    writeFileSync(path.join(broken, 'model.json'), '{}');
    const { code, ...refused } = await add(path.join(SHIPPED, 'deltas/clinc150/base'), home);
    expect(code).toBe(2);
    expect(refused.json<Failure>().error.code).toBe('INVALID_CATALOG');
    expect(existsSync(path.join(home, 'models/deltas/clinc150/base'))).toBe(false);
    expect(existsSync(path.join(home, 'models/catalog.json'))).toBe(false);
  });

  it('keeps both of two models that are added at once', async () => {
    const home = temporaryHome();
    const folders = ['one', 'two', 'three'].map((name) => path.join(temporaryFolder(), name));
    for (const folder of folders) writeTinyClassifier(folder);
    const codes = await Promise.all(folders.map(async (folder) => (await add(folder, home, ...NO_LICENCE)).code));
    expect(codes).toEqual([0, 0, 0]);
    expect(ids((await list(home)).models).toSorted()).toEqual([
      'base',
      'nano',
      'one',
      'small',
      'smollm2',
      'three',
      'two',
    ]);
  });

  it.skipIf(!canMount)('leaves the old catalog when the disk is full (needs root, to mount a small disk)', async () => {
    const home = path.join(temporaryFolder(), 'home');
    mountSmallDisk(home, 4 * 2 ** 20);
    expect((await add(path.join(SHIPPED, 'deltas/clinc150/base'), home)).code).toBe(0);
    const catalog = path.join(home, 'models/catalog.json');
    const before = readFileSync(catalog, 'utf8');
    const { code, ...refused } = await add(path.join(SHIPPED, 'encoders/base'), home);
    expect(code).toBe(1);
    expect(refused.json<Failure>().error).toMatchObject({ code: 'STORAGE_FAILED', facts: { errno: 'ENOSPC' } });
    expect(readFileSync(catalog, 'utf8')).toBe(before);
    expect(contentOf(path.join(home, 'models/models'))).toEqual([]);
    expect((await terrace(['models', 'verify'], { home })).code).toBe(0);
  });

  it.skipIf(!canMount)('lists and answers from a read-only models folder (needs root, to mount it so)', async () => {
    const models = copyOfModels();
    mountReadOnly(models);
    const home = temporaryHome();
    expect(ids((await list(home, models)).models)).toEqual(['nano', 'small', 'base', 'smollm2']);
    const { code, ...ran } = await terrace(['run', '--domain', 'clinc150', '--json', STOLEN], { home, models });
    expect(code).toBe(0);
    expect(ran.json<Answer>().output.label).toBe('freeze_account');
  });

  it.skipIf(!TERRACE_MODELS)('adds a sentence encoder in the layout of the hub (needs TERRACE_MODELS)', async () => {
    const home = temporaryHome();
    expect((await add(path.join(TERRACE_MODELS!, 'peer-minilm-int8'), home, ...NO_LICENCE)).code).toBe(0);
    const args = ['run', '--task', 'feature-extraction', '--policy', 'peer-minilm-int8', '--json', STOLEN];
    const { code, ...ran } = await terrace(args, { home });
    expect(code).toBe(0);
    expect(ran.json<{ output: { vector: number[] } }>().output.vector).toHaveLength(384);
  });

  it.skipIf(!TERRACE_TEXT_MODEL)('adds a model that writes text, and writes (needs TERRACE_TEXT_MODEL)', async () => {
    const home = temporaryHome();
    const added = await add(TERRACE_TEXT_MODEL!, home);
    expect(added.code).toBe(0);
    const { id } = added.json<Addition>();
    const args = ['chat', '--policy', id, '--max-tokens', '2', '--json', 'Say hello.'];
    const { code, ...ran } = await terrace(args, { home });
    expect(code).toBe(0);
    expect(ran.json()).toMatchObject({ tier: id, usage: { outputTokens: 2 } });
  });

  it('says what a folder should hold', async () => {
    const folder = path.join(temporaryFolder(), 'empty');
    mkdirSync(folder);
    const { code, ...refused } = await add(folder, temporaryFolder());
    expect(code).toBe(2);
    expect(refused.json<Failure>().error.message).toContain('model.json');
  });
});

import { cpSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { editJson, type Failure, flipByte, ids, list } from './support/edited-models.js';
import { copyOfModels, temporaryFolder, terrace } from './support/run-cli.js';

interface Verification {
  readonly ok: boolean;
  readonly files: readonly { path: string; state: string }[];
  readonly drift: readonly { folder: string; message: string }[];
  readonly calibrations: readonly { domain: string; state: string }[];
}

describe('models list and show', () => {
  it('lists models, deltas, domains and ladders', async () => {
    const { models, deltas, domains, ladders, revision } = await list(temporaryFolder());
    expect(ids(models)).toEqual(['nano', 'small', 'base', 'smollm2']);
    expect(ids(deltas)).toContain('clinc150/base');
    expect(domains.find(({ id }) => id === 'clinc150')?.subDomains).toHaveLength(10);
    expect(ladders[0]?.models).toEqual(['nano', 'small', 'base']);
    expect(revision).toMatch(/^[0-9a-f]{64}$/);
  });

  it('prints a table for people', async () => {
    const { stdout } = await terrace(['models', 'list'], { home: temporaryFolder() });
    expect(stdout).toMatch(/^model\s+variants/);
    expect(stdout).toMatch(/base\s+int8 18\.3 MiB \(cpu wasm\)/);
  });

  it.each([
    ['nano', 'model'],
    ['clinc150/base', 'delta'],
    ['clinc150', 'domain'],
  ])('shows %s as a %s', async (id, kind) => {
    const { code, ...shown } = await terrace(['models', 'show', id, '--json'], { home: temporaryFolder() });
    expect(code).toBe(0);
    expect(shown.json()).toMatchObject({ kind, id });
  });

  it('shows how a model writes in words', async () => {
    const { stdout } = await terrace(['models', 'show', 'smollm2'], { home: temporaryFolder() });
    expect(stdout).toMatch(/keys and values +3 heads of 64\nanswers at a time +8/);
    expect(stdout).not.toContain('[object');
  });

  it('names what there is when an id is unknown', async () => {
    const { code, ...shown } = await terrace(['models', 'show', 'clinc', '--json'], { home: temporaryFolder() });
    expect(code).toBe(2);
    expect(shown.json<Failure>().error.hint).toContain('clinc150');
  });

  it.each([['polish'], ['show'], ['add']])('refuses `models %s` with nothing after it', async (action) => {
    const { code, ...refused } = await terrace(['models', action, '--json'], { home: temporaryFolder() });
    expect(code).toBe(2);
    expect(refused.json<Failure>().error.code).toBe('INVALID_REQUEST');
  });

  it('warns of a field in catalog.json that nobody knows', async () => {
    const models = copyOfModels();
    editJson(path.join(models, 'catalog.json'), (catalog) => (catalog['colour'] = 'green'));
    const { code, stderr } = await terrace(['models', 'list'], { home: temporaryFolder(), models });
    expect(code).toBe(0);
    expect(stderr).toContain('unknown field colour');
  });

  it('refuses a catalog.json with a wrong field and names its path', async () => {
    const models = copyOfModels();
    editJson(
      path.join(models, 'catalog.json'),
      (catalog) => ((catalog['models'] as { task: string }[])[0]!.task = 'juggling'),
    );
    const { code, ...refused } = await terrace(['models', 'list', '--json'], { home: temporaryFolder(), models });
    expect(code).toBe(2);
    expect(refused.json<Failure>().error).toMatchObject({ code: 'INVALID_CATALOG', facts: { path: 'models[0].task' } });
  });
});

describe('models verify and index', () => {
  it('finds the shipped models whole', async () => {
    const { code, ...verified } = await terrace(['models', 'verify', '--json'], { home: temporaryFolder() });
    const { files, drift, ok } = verified.json<Verification>();
    expect({ code, ok, drift }).toEqual({ code: 0, ok: true, drift: [] });
    expect(files.length).toBeGreaterThan(20);
  });

  it('says how many files are not here beside those that are whole', async () => {
    const { stdout } = await terrace(['models', 'verify'], { home: temporaryFolder() });
    expect(stdout).toMatch(/^\d+ files are what the catalog says; 3 are not here\.$/m);
  });

  it('finds a flipped byte, a missing file and a manifest that changed', async () => {
    const models = copyOfModels();
    flipByte(path.join(models, 'encoders/small/model_int8.onnx'));
    rmSync(path.join(models, 'deltas/banking77/nano/head.safetensors'));
    editJson(path.join(models, 'encoders/nano/model.json'), (manifest) => (manifest['licence'] = 'none'));
    const { code, ...verified } = await terrace(['models', 'verify', '--json'], { home: temporaryFolder(), models });
    const { files, drift } = verified.json<Verification>();
    expect(code).toBe(1);
    expect(
      files
        .filter(({ state }) => state !== 'ok' && state !== 'absent')
        .map((file) => [path.relative(models, file.path), file.state]),
    ).toEqual([
      ['encoders/small/model_int8.onnx', 'corrupt'],
      ['deltas/banking77/nano/head.safetensors', 'missing'],
    ]);
    expect(drift).toMatchObject([{ folder: models }]);
  });

  it('names the entry of a catalog that was edited by hand', async () => {
    const models = copyOfModels();
    editJson(
      path.join(models, 'catalog.json'),
      (catalog) => ((catalog['models'] as { licence: string }[])[1]!.licence = 'MIT'),
    );
    const { code, ...verified } = await terrace(['models', 'verify', '--json'], { home: temporaryFolder(), models });
    expect(code).toBe(1);
    expect(verified.json<Verification>().drift[0]?.message).toContain('models: small');
  });

  it('finds a calibration of other deltas', async () => {
    const models = copyOfModels();
    cpSync(
      path.join(models, 'deltas/clinc150/calibration.json'),
      path.join(models, 'deltas/banking77/calibration.json'),
    );
    await terrace(['models', 'index', models], { home: temporaryFolder(), models });
    const { code, ...verified } = await terrace(['models', 'verify', '--json'], { home: temporaryFolder(), models });
    expect(code).toBe(1);
    expect(verified.json<Verification>().calibrations).toContainEqual(
      expect.objectContaining({ domain: 'banking77', state: 'stale' }),
    );
  });

  it('makes the shipped catalog anew, byte for byte', async () => {
    const models = copyOfModels();
    const before = readFileSync(path.join(models, 'catalog.json'), 'utf8');
    rmSync(path.join(models, 'catalog.json'));
    const { code } = await terrace(['models', 'index', models], { home: temporaryFolder(), models });
    expect(code).toBe(0);
    expect(readFileSync(path.join(models, 'catalog.json'), 'utf8')).toBe(before);
  });

  it('does not index what is no folder', async () => {
    const { code } = await terrace(['models', 'index', '/no/such/folder'], { home: temporaryFolder() });
    expect(code).toBe(2);
  });
});

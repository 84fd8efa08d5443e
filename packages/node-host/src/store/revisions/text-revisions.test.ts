import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UntrustedSignerError } from '@terrace/core';
import { encodeSafetensors } from '@terrace/core/deltas';
import { textTiers } from '@terrace/core/text';
import { tinyTextModel } from '@terrace/core/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readFolderSignatures } from '../../trust/folder-signatures.js';
import { buildCatalog } from '../catalog/build-catalog.js';
import { openModelFolders } from '../catalog/model-folders.js';
import { checkTexts } from './check-texts.js';
import { TextRevisions } from './text-revisions.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'terrace-text-revisions-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
const tiny = tinyTextModel();
const weights = sha256(tiny.model);

/** A folder of models with one that writes. */
async function shipModel(): Promise<string> {
  const root = path.join(scratch, 'shipped');
  if (existsSync(root)) return root;
  const folder = path.join(root, 'text', 'tiny');
  mkdirSync(folder, { recursive: true });
  const { shape, layers, vocabulary, contextTokens } = tiny;
  const manifest = {
    id: 'tiny',
    task: 'text-generation',
    interface: 'transformers',
    text: shape,
    language: ['en'],
    licence: 'Apache-2.0',
    publisher: 'ACME',
    upstream: 'acme/tiny',
    heads: 2,
    flopsPerToken: 1000,
    layers,
    hidden: 16,
    features: vocabulary,
    contextTokens,
    files: { fp32: { path: 'model.onnx', bytes: tiny.model.length, sha256: weights } },
  };
  writeFileSync(path.join(folder, 'model.json'), JSON.stringify(manifest));
  writeFileSync(path.join(folder, 'model.onnx'), tiny.model);
  writeFileSync(path.join(folder, 'tokenizer.json'), JSON.stringify(tiny.tokenizer));
  writeFileSync(path.join(folder, 'tokenizer_config.json'), JSON.stringify(tiny.tokenizerConfig));
  const { catalog } = await buildCatalog(root);
  writeFileSync(path.join(root, 'catalog.json'), JSON.stringify(catalog));
  return root;
}

let home: string;
let revisions: TextRevisions;
let folders: () => ReturnType<typeof openModelFolders>;
let made = 0;
beforeEach(async () => {
  const shipped = await shipModel();
  home = path.join(scratch, `home-${++made}`);
  mkdirSync(path.join(home, 'models'), { recursive: true });
  folders = () => openModelFolders({ shipped, added: path.join(home, 'models') });
  revisions = new TextRevisions({ home, folders, clock: { wallMs: () => made++ }, requireSignatures: false });
});

/** A folder of somebody's own. */
function given(files: Readonly<Record<string, object | string | Uint8Array>>): string {
  const folder = path.join(scratch, `given-${++made}`);
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    const isPlain = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(path.join(folder, name), isPlain ? content : JSON.stringify(content));
  }
  return folder;
}

const template = (system: string, version = 1) => ({
  format: 1,
  id: `bank-${version}`,
  family: 'tiny',
  version,
  system,
});
const prompt = (system: string) => {
  const { format: _, ...said } = template(system);
  const canonical = JSON.stringify(Object.fromEntries(Object.entries(said).toSorted(([a], [b]) => (a < b ? -1 : 1))));
  return given({
    'text-delta.json': { format: 1, id: 'bank/prompt', domain: 'bank', kind: 'prompt', template: sha256(canonical) },
    'template.json': template(system),
  });
};
const factor = (rows: number, columns: number) => ({
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, (_, at) => Math.sin(at)),
});
const lora = (inWidth = 16, base = { id: 'tiny', files: { fp32: weights } }): string =>
  given({
    'text-delta.json': { format: 1, id: 'bank/lora', domain: 'bank', kind: 'lora', base, rank: 2, scale: 0.5 },
    'adapter_model.safetensors': encodeSafetensors(
      new Map([
        ['model.layers.0.self_attn.q_proj.lora_A.weight', factor(2, inWidth)],
        ['model.layers.0.self_attn.q_proj.lora_B.weight', factor(32, 2)],
      ]),
      { dtype: 'F32' },
    ),
  });

const inForce = async () => (await folders()).current().text?.deltas.map(({ id }) => id) ?? [];
const attach = async (folder: string) => {
  const { domain, id } = await revisions.keep(folder);
  await revisions.activate(domain, id);
  return id;
};

describe('text deltas', () => {
  it('come into force as a revision, and go back to the one before', async () => {
    const first = await attach(prompt('You are brief.'));
    expect(textTiers((await folders()).current(), 'bank')[0]).toMatchObject({
      delta: { id: 'bank/prompt' },
      template: { system: 'You are brief.' },
    });
    const second = await attach(prompt('You are kind.'));
    expect((await revisions.current('bank'))?.parent).toBe(first);
    await revisions.activate('bank', first);
    expect((await folders()).current().text?.templates.map(({ system }) => system)).toEqual(['You are brief.']);
    expect((await revisions.list('bank')).map(({ id }) => id)).toEqual([second, first]);
    await revisions.activate('bank', undefined);
    expect(await inForce()).toEqual([]);
    expect((await folders()).current().text).toBeUndefined();
  });

  it('of weights are tried on them, and found by the tier whose weights they are of', async () => {
    await attach(lora());
    const [tier] = textTiers((await folders()).current(), 'bank');
    expect(tier?.delta).toMatchObject({ id: 'bank/lora', rank: 2, scale: 0.5, adapter: { bytes: expect.any(Number) } });
    await attach(prompt('You are brief.'));
    expect((await inForce()).toSorted()).toEqual(['bank/lora', 'bank/prompt']);
  });

  it('that were laid out by hand are kept before others take their place', async () => {
    await attach(prompt('You are brief.'));
    rmSync(path.join(home, 'text-revisions'), { recursive: true });
    await attach(lora());
    expect((await revisions.list('bank')).map(({ origin }) => origin).toSorted()).toEqual(['attached', 'found']);
  });

  it('that were changed since they were kept are not put in force', async () => {
    const id = await attach(prompt('You are brief.'));
    await revisions.activate('bank', undefined);
    const kept = path.join(home, 'text-revisions', 'bank', id);
    const manifest = readdirSync(kept, { recursive: true })
      .map(String)
      .find((name) => name.endsWith('text-delta.json'))!;
    writeFileSync(path.join(kept, manifest), '{}');
    await expect(revisions.activate('bank', id)).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
    const trust = { home, clock: { wallMs: () => 1 } };
    const checked = await checkTexts(revisions, 'bank', { folders: await folders(), trust });
    expect(checked).toMatchObject([{ what: 'revision', id, fault: expect.stringContaining('have changed') as string }]);
    expect(await inForce()).toEqual([]);
  });

  it('are refused where signatures are required and nobody signed them', async () => {
    const { id } = await revisions.keep(prompt('You are brief.'));
    const strict = new TextRevisions({ home, folders, clock: { wallMs: () => 1 }, requireSignatures: true });
    await expect(strict.activate('bank', id)).rejects.toMatchObject({ code: UntrustedSignerError.code });
  });

  it('with a signature that is not theirs are left out', async () => {
    await attach(prompt('You are brief.'));
    const [delta] = (await folders()).current().text!.deltas;
    const place = path.join(home, 'models', 'text', 'deltas', 'bank', 'bank+prompt');
    writeFileSync(path.join(place, 'delta.sig.json'), '{"format":1}');
    const { faults } = await readFolderSignatures((await folders()).folders[1]!, { home, clock: { wallMs: () => 1 } });
    expect(faults).toMatchObject([{ delta: delta!.id }]);
  });

  it.each<[string, () => string, string]>([
    ['nothing', () => given({ 'other.json': {} }), 'INVALID_CATALOG'],
    ['no JSON', () => given({ 'text-delta.json': '{' }), 'INVALID_CATALOG'],
    [
      'a rank without factors',
      () => given({ 'text-delta.json': { format: 1, id: 'b/x', domain: 'b', kind: 'prompt', rank: 2 } }),
      'INVALID_CATALOG',
    ],
    [
      'no adapter',
      () => {
        const folder = lora();
        rmSync(path.join(folder, 'adapter_model.safetensors'));
        return folder;
      },
      'ARTIFACT_MISSING',
    ],
    ['factors of another width', () => lora(17), 'DELTA_MISMATCH'],
    ['other weights', () => lora(16, { id: 'tiny', files: { fp32: sha256('other') } }), 'DELTA_MISMATCH'],
    ['another model', () => lora(16, { id: 'none', files: { fp32: weights } }), 'DELTA_MISMATCH'],
    [
      'a template that is not there',
      () => {
        const folder = prompt('x');
        rmSync(path.join(folder, 'template.json'));
        return folder;
      },
      'INVALID_CATALOG',
    ],
  ])('of %s are not kept', async (_, folder, code) => {
    await expect(revisions.keep(folder())).rejects.toMatchObject({ code });
    expect(await revisions.list('bank')).toEqual([]);
  });
});

describe('templates of a family', () => {
  it('are versions: the newest is asked with, and taking it away is going back', async () => {
    const overlay = path.join(home, 'models');
    for (const version of [1, 2]) {
      const folder = path.join(overlay, 'text', 'templates', `v${version}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, 'template.json'), JSON.stringify(template(`You are ${version}.`, version)));
    }
    const systemOf = async () => {
      const { catalog } = await buildCatalog(overlay);
      const { models } = (await folders()).current();
      return textTiers({ ...catalog, models }, undefined)[0]?.template?.system;
    };
    expect(await systemOf()).toBe('You are 2.');
    rmSync(path.join(overlay, 'text', 'templates', 'v2'), { recursive: true });
    expect(await systemOf()).toBe('You are 1.');
  });
});

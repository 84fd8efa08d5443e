import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DeviceProfile } from '@terrace/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { noModels, temporaryFolder, tinyModels } from '../../store/bundle/testing/tiny-models.js';
import { clock, signal, twoParties } from '../../store/bundle/testing/two-parties.js';
import { openFolder } from '../../store/catalog/model-folders.js';
import { rebuildCatalog } from '../../store/catalog/rebuild-catalog.js';
import { createKey } from '../../trust/keys.js';
import { signFolder } from '../../trust/sign-folder.js';
import { openSigner } from '../../trust/signing.js';
import { createContext, type Check } from './doctor-context.js';
import { overlayCatalog } from './doctor-overlay.js';
import { signatures } from './doctor-signatures.js';
import { everyVariant } from './doctor-variants.js';

const DELTA = 'deltas/weather/tiny';

const visit = (check: Check, home: string, models: string, fix = true) =>
  check.run(createContext({ home, models, fix }, signal));

describe('doctor --fix, with added models', () => {
  let home: string;
  let overlay: string;
  let shipped: string;
  const edit = (name: string, change: (text: string) => string): void => {
    const file = path.join(overlay, name);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  };

  beforeEach(async () => {
    home = temporaryFolder();
    overlay = path.join(home, 'models');
    shipped = await noModels();
    cpSync(await tinyModels(), overlay, { recursive: true });
    writeFileSync(path.join(overlay, 'tiny/tokenizer_config.json'), '{"model_max_length": 16}');
    writeFileSync(path.join(overlay, DELTA, 'adapter_config.json'), '{"r": 0}');
    await rebuildCatalog(overlay, []);
  });

  it.each(['tiny/tokenizer_config.json', `${DELTA}/adapter_config.json`])(
    'does not vouch for a model or delta that lost its %s',
    async (name) => {
      const before = readFileSync(path.join(overlay, 'catalog.json'), 'utf8');
      rmSync(path.join(overlay, name));
      expect(await visit(overlayCatalog, home, shipped)).toMatchObject([
        { state: 'problem', found: expect.stringContaining(`${name} is missing or damaged`) as string },
      ]);
      expect(readFileSync(path.join(overlay, 'catalog.json'), 'utf8')).toBe(before);
    },
  );

  it('writes the catalog anew without weights that are to be fetched: the manifest says what they are', async () => {
    edit('tiny/model.json', (text) => text.replace('"Test"', '"Else"'));
    rmSync(path.join(overlay, 'tiny/model.onnx'));
    expect(await visit(overlayCatalog, home, shipped)).toMatchObject([{ state: 'fixed' }]);
  });

  it('does not vouch for a delta whose signature is that of other content, and says how to remove it', async () => {
    await createKey({ owner: 'ACME', home, clock });
    const signer = await openSigner({ home, name: undefined, clock });
    await signFolder({ folder: await openFolder(overlay), bases: [], signer, signal });
    expect(await visit(signatures, home, shipped)).toMatchObject([{ state: 'ok' }]);
    edit(`${DELTA}/delta.json`, (text) => text.replace('cold', 'bold'));
    expect(await visit(overlayCatalog, home, shipped)).toMatchObject([{ state: 'problem' }]);
    expect(await visit(signatures, home, shipped)).toMatchObject([
      { state: 'problem', fix: expect.stringContaining('terrace models remove weather/tiny') as string },
    ]);
  });

  it('does not load what nobody signed where signatures are required', async () => {
    writeFileSync(path.join(home, 'terrace.config.json'), '{"requireSignatures": true}');
    await expect(createContext({ home, models: shipped }, signal).folders()).rejects.toMatchObject({
      code: 'SIGNER_UNTRUSTED',
    });
  });

  it('fetches nothing: a variant whose weights are not here is not tested', async () => {
    edit('tiny/model.json', (text) => text.replace('"MIT"', '"MIT","source":"https://models.invalid/tiny/"'));
    rmSync(path.join(overlay, 'tiny/model.onnx'));
    await rebuildCatalog(overlay, []);
    const profile = async () => ({ providers: [{ id: 'cpu' }] }) as unknown as DeviceProfile;
    const context = { ...createContext({ home, models: shipped }, signal), profile };
    expect(await everyVariant.run(context)).toEqual([
      { name: 'tiny int8', state: 'ok', found: 'not tested: it is fetched when it is first used' },
    ]);
  });
});

describe('doctor --fix, with a bundle whose catalog cannot be read', () => {
  const { folders, bundle, bringIn, trustPublisher } = twoParties();
  const inOverlay = (name: string): string => path.join(folders.device, 'models', name);

  beforeEach(async () => {
    await trustPublisher();
    await bringIn(await bundle());
    writeFileSync(inOverlay('catalog.json'), '{"format": 1,');
  });

  it('writes it anew when every file is what the bundle brought', async () => {
    expect(await visit(overlayCatalog, folders.device, folders.shipped)).toMatchObject([{ state: 'fixed' }]);
  });

  it('does not vouch for a file that is not', async () => {
    writeFileSync(inOverlay('models/tiny/tokenizer.json'), '{"version":"1.1"}');
    expect(await visit(overlayCatalog, folders.device, folders.shipped)).toMatchObject([
      {
        state: 'problem',
        found: expect.stringContaining('models/tiny/tokenizer.json is missing or damaged') as string,
      },
    ]);
  });
});

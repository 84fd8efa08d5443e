import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InvalidSignatureError, UntrustedSignerError } from '@terrace/core';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../system-clock.js';
import { createKey, revokeKey } from '../../trust/keys.js';
import { signDeltas } from '../../trust/sign-deltas.js';
import { openSigner } from '../../trust/signing.js';
import { openModelFolders, shippedModels } from '../catalog/model-folders.js';
import { packedDelta } from '../testing/packed-delta.js';
import { checkInForce, checkKept } from './check-deltas.js';
import { NodeRevisions } from './node-revisions.js';

const DOMAIN = 'spare-parts';

/** A device that holds a kept revision, signed by a key of its own. */
async function device({ requireSignatures = true } = {}) {
  const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-signed-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const added = path.join(home, 'models');
  const folders = () => openModelFolders({ shipped: shippedModels(), added });
  const revisions = new NodeRevisions({ home, folders, clock: systemClock, requireSignatures });
  const deltas = [packedDelta({ domain: DOMAIN, variant: 1 })];
  const kept = await revisions.keep({ domain: DOMAIN, origin: 'fitted', deltas, calibration: undefined });
  const { folder } = revisions.kept(kept);
  await createKey({ owner: 'ACME', home, clock: systemClock });
  const sign = async () =>
    signDeltas(folder, kept.deltas, await openSigner({ home, name: undefined, clock: systemClock }));
  const trust = { home, clock: systemClock };
  const check = async () => ({
    kept: await checkKept(revisions, DOMAIN, { models: (await folders()).current().models, trust }),
    inForce: await checkInForce(await folders(), DOMAIN, trust),
  });
  const reopen = () => openModelFolders({ shipped: shippedModels(), added, requireSignatures });
  return { home, revisions, kept, folder, sign, check, reopen };
}

it('a signed revision is put in force where signatures are required, and its id stays what it was', async () => {
  const { revisions, kept, sign, check, reopen } = await device();
  await sign();
  await revisions.activate(DOMAIN, kept.id);
  expect((await revisions.current(DOMAIN))?.id).toBe(kept.id);
  expect((await reopen()).current().deltas.map(({ domain }) => domain)).toContain(DOMAIN);
  expect(await check()).toEqual({
    kept: [{ what: 'revision', id: kept.id }],
    inForce: [{ what: 'delta', id: `${DOMAIN}/nano` }],
  });
});

it('a signature of a key that is revoked here does not do', async () => {
  const { revisions, kept, sign, home } = await device();
  await sign();
  await revokeKey({ name: 'ACME', home, clock: systemClock });
  await expect(revisions.activate(DOMAIN, kept.id)).rejects.toSatisfy((error) =>
    UntrustedSignerError.isInstance(error),
  );
});

it.each([true, false])(
  'a wrong signature is refused, whether signatures are required (%s) or not',
  async (required) => {
    const { revisions, kept, folder, sign, check } = await device({ requireSignatures: required });
    const [file] = await sign();
    const signed = readFileSync(file!, 'utf8');
    writeFileSync(file!, signed.replace(/"sha256": "[0-9a-f]{8}/, '"sha256": "00000000'));
    await expect(revisions.activate(DOMAIN, kept.id)).rejects.toSatisfy((error) =>
      InvalidSignatureError.isInstance(error),
    );
    expect((await check()).kept[0]?.fault).toContain('signature');
    writeFileSync(path.join(folder, 'deltas', DOMAIN, 'nano', 'delta.sig.json'), 'no json');
    await expect(revisions.activate(DOMAIN, kept.id)).rejects.toThrow();
  },
);

it('what is in force and was changed by hand is named', async () => {
  const { revisions, kept, check, home } = await device({ requireSignatures: false });
  await revisions.activate(DOMAIN, kept.id);
  const head = path.join(home, 'models/deltas', DOMAIN, 'nano/head.safetensors');
  const content = readFileSync(head);
  content[content.length - 1]! ^= 1;
  rmSync(head);
  writeFileSync(head, content);
  const { inForce, kept: stored } = await check();
  expect(inForce[0]?.fault).toContain('sha256');
  expect(stored[0]?.fault).toBeUndefined();
});

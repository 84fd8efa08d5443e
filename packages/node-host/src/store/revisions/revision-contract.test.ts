import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describeRevisionStoreContract } from '@terrace/core/testing';
import { onTestFinished } from 'vitest';
import { openLiveModels } from '../catalog/live-models.js';
import { shippedModels } from '../catalog/model-folders.js';
import { startHash } from '../files/start-hash.js';
import { NodeRevisions } from './node-revisions.js';

describeRevisionStoreContract('the store of Node', async () => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-revisions-'));
  const catalog = await openLiveModels({
    shipped: shippedModels(),
    added: path.join(home, 'models'),
    onFailure: (error) => {
      throw error;
    },
  });
  let wallMs = 1;
  const revisions = new NodeRevisions({
    home,
    folders: async () => catalog,
    clock: { wallMs: () => wallMs++ },
    requireSignatures: false,
    onActivated: catalog.refresh,
  });
  onTestFinished(async () => {
    await Promise.all([revisions.close(), catalog.close()]);
    rmSync(home, { recursive: true, force: true });
  });
  return { revisions, catalog, startHash };
});

import type { Catalog, CatalogSource } from '@terrace/core';
import type { RevisionStore } from '@terrace/core/deltas';
import { describeRevisionStoreContract } from '@terrace/core/testing';
import { openRemoteModels } from '../bundles/testing/open-remote-models.js';
import { blobOf, headOf, tinyBundle } from '../bundles/testing/tiny-bundle.js';
import { startHash } from '../store/part.js';

const { manifest, parts } = tinyBundle();

/** The store in a worker, where files can be written; its catalog is asked anew after whatever may change it. */
describeRevisionStoreContract('the store of a browser', async () => {
  const { models } = await openRemoteModels();
  await models.importBundle(blobOf([...(await headOf(manifest)), ...parts]), { allowUnsigned: true });
  let catalog: Catalog = await models.current();
  const revisions: RevisionStore = {
    list: (domain) => models.revisions(domain),
    current: (domain) => models.revision(domain),
    calibration: (revision) => models.calibrationOf(revision),
    keep: (draft) => models.keep(draft),
    async activate(domain, id) {
      await models.activate(domain, id);
      catalog = await models.current();
    },
    scratch: (bytes) => models.scratch(bytes),
    close: async () => undefined,
  };
  return { revisions, startHash, catalog: { current: () => catalog } as CatalogSource };
});

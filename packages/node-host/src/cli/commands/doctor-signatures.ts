import { systemClock } from '../../system-clock.js';
import { openFolder, type ModelFolder } from '../../store/catalog/model-folders.js';
import { readFolderSignatures, type SignatureFault } from '../../trust/folder-signatures.js';
import { addedModels } from './models-catalog.js';
import type { Check, Finding } from './doctor-context.js';

const NAME = 'signatures';

/** A signature that does not belong to what it lies beside tells of damage to one of the two. */
export const signatures: Check = {
  name: NAME,
  async run({ settings }) {
    const found = await settings();
    const trust = { home: found.home, clock: systemClock };
    const wrong: Finding[] = [];
    // Opened one by one: where signatures are required a wrong one keeps the folders from being opened together.
    for (const path of [found.models, addedModels(found)]) {
      const folder = await openFolder(path).catch(() => undefined);
      const faults = folder ? (await readFolderSignatures(folder, trust)).faults : [];
      wrong.push(...faults.map((fault) => describe(folder!, fault)));
    }
    return wrong.length > 0 ? wrong : [{ name: NAME, state: 'ok', found: 'each belongs to what it lies beside' }];
  },
};

function describe({ path }: ModelFolder, { delta, endpoint, error }: SignatureFault): Finding {
  const why = `${error.message} ${error.hint}`;
  if (endpoint !== undefined) {
    const fix = `If it is as it should be, add it again: \`terrace tiers add URL --id ${endpoint} --replace\`.`;
    return {
      name: NAME,
      state: 'problem',
      found: `the endpoint ${endpoint} in ${path} is not used, its signature is wrong: ${why}`,
      fix,
    };
  }
  if (delta === undefined) {
    const fix = `Sign the folder anew (\`terrace keys sign ${path}\`), or delete catalog.sig.json in it.`;
    return { name: NAME, state: 'problem', found: `the signature of the catalog in ${path} is wrong: ${why}`, fix };
  }
  return {
    name: NAME,
    state: 'problem',
    found: `the delta ${delta} in ${path} is not used, its signature is wrong: ${why}`,
    fix: `Add or import the delta again, or remove it (\`terrace models remove ${delta}\`).`,
  };
}

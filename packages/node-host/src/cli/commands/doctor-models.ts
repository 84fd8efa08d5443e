import { filesOf, type FileRef } from '@terrace/core';
import { checkCalibration, type CalibrationCheck } from '../../store/catalog/check-calibration.js';
import { checkSizes, hashFiles, type FileState } from '../../store/catalog/check-files.js';
import type { ModelFolder, ModelFolders } from '../../store/catalog/model-folders.js';
import { bytes } from '../output.js';
import type { Check, Finding } from './doctor-context.js';
import { short } from './models-catalog.js';

export const modelFolders: Check = {
  name: 'models',
  async run(context) {
    const { folders, warnings, current } = await context.folders();
    const { models, deltas, revision } = current();
    const found = `${models.length} models and ${deltas.length} deltas in ${folders.map(({ path }) => path).join(' and ')}, catalog ${short(revision)}`;
    const none: Finding = {
      name: 'models',
      state: 'problem',
      found: `there is no model in ${folders.map(({ path }) => path).join(' or ')}`,
      fix: 'Install Terrace again, point --models at a folder of models, or run `terrace models add FOLDER`.',
    };
    return [
      models.length > 0 ? { name: 'models', state: 'ok', found } : none,
      ...warnings.map((warning): Finding => ({
        name: 'models',
        state: 'warning',
        found: warning,
        fix: 'For a signature see "signatures" and `terrace keys list`. A field may be of a newer Terrace: `terrace models index FOLDER` writes the catalog anew.',
      })),
    ];
  },
};

export const modelFiles: Check = {
  name: 'model files',
  async run(context) {
    const models = await context.folders();
    const states = await Promise.all(models.folders.map((folder) => stateOfFiles(folder, models, context.signal)));
    const wrong = states.flat().filter(({ state }) => state === 'missing' || state === 'corrupt');
    const files = models.folders.flatMap(({ catalog }) => filesOf(catalog));
    const there = files.filter((_, index) => states.flat()[index]!.state !== 'absent');
    const total = there.reduce((sum, file) => sum + file.bytes, 0);
    if (wrong.length === 0) {
      const found = `${there.length} files of ${bytes(total)} are there; \`terrace models verify\` compares their hashes`;
      return [{ name: 'model files', state: 'ok', found }];
    }
    return wrong.map(({ path, state, message, owner }) => ({
      name: 'model files',
      state: 'problem',
      found: `${path} is ${state}: ${message}`,
      fix: owner === undefined ? 'Restore the file, or install Terrace again.' : replace(owner),
    }));
  },
};

/** A model or delta that was added, and where it can be had again. */
interface Owner {
  readonly id: string;
  readonly source: string | undefined;
}

const replace = ({ id, source }: Owner): string => {
  const again =
    source === undefined ? 'Add it again (`terrace models add FOLDER`)' : `Run \`terrace models pull ${source}\``;
  return `${again}, or remove it (\`terrace models remove ${id}\`).`;
};

/** Files that a user added are few and lie on a disk that wears out: they are read to their end. */
async function stateOfFiles(
  folder: ModelFolder,
  models: ModelFolders,
  signal: AbortSignal,
): Promise<(FileState & { readonly owner: Owner | undefined })[]> {
  const files = filesOf(folder.catalog);
  const shipped = folder === models.folders[0];
  const states: FileState[] = [];
  for await (const state of shipped ? await checkSizes(folder) : hashFiles(folder, signal, models)) states.push(state);
  return states.map((state, index) => {
    const file = files[index]!;
    const isElsewhere = ['missing', 'absent'].includes(state.state) && models.presence(file) !== 'missing';
    const owner = shipped ? undefined : ownerOf(file, folder);
    return isElsewhere ? { path: state.path, state: 'fetchable', owner } : { ...state, owner };
  });
}

function ownerOf({ path }: FileRef, { catalog }: ModelFolder): Owner {
  const within = (files: readonly (FileRef | undefined)[]): boolean => files.some((file) => file?.path === path);
  const model = catalog.models.find(({ variants, tokenizer, tokenizerConfig }) =>
    within([...variants.map(({ weights }) => weights), tokenizer, tokenizerConfig]),
  );
  const delta = catalog.deltas.find(({ head, adapter, adapterConfig }) => within([head, adapter, adapterConfig]));
  const domain = catalog.domains.find(({ calibration }) => within([calibration]));
  return { id: (model ?? delta ?? domain)?.id ?? path, source: model?.source };
}

export const calibrations: Check = {
  name: 'calibration',
  async run(context) {
    const folders = await context.folders();
    return Promise.all(
      folders.current().domains.map(async (domain) => describeCalibration(await checkCalibration(folders, domain))),
    );
  },
};

const STATES = { ok: 'ok', none: 'warning', incomplete: 'warning', stale: 'problem', unreadable: 'problem' } as const;

function describeCalibration({ domain, state, rows, message }: CalibrationCheck): Finding {
  const name = `calibration ${domain}`;
  if (state === 'ok') return { name, state: 'ok', found: `fits its variants and deltas, ${rows} rows` };
  return {
    name,
    state: STATES[state],
    found: message ?? state,
    fix: `Run \`terrace calibrate --domain ${domain} --data FILE\` with labelled rows.`,
  };
}

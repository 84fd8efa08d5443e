import { join } from 'node:path';
import { checkCalibration, type CalibrationCheck } from '../../store/catalog/check-calibration.js';
import { checkSizes } from '../../store/catalog/check-files.js';
import { filesOf } from '../../store/catalog/model-folders.js';
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
        fix: 'A newer Terrace may have written it; `terrace models index FOLDER` writes the catalog anew.',
      })),
    ];
  },
};

export const modelFiles: Check = {
  name: 'model files',
  async run(context) {
    const { folders } = await context.folders();
    const states = (await Promise.all(folders.map(checkSizes))).flat();
    const wrong = states.filter(({ state }) => state !== 'ok');
    const total = folders.flatMap(({ catalog }) => filesOf(catalog)).reduce((sum, file) => sum + file.bytes, 0);
    if (wrong.length === 0) {
      const found = `${states.length} files of ${bytes(total)} are there; \`terrace models verify\` compares their hashes`;
      return [{ name: 'model files', state: 'ok', found }];
    }
    return wrong.map(({ path, state, message }) => ({
      name: 'model files',
      state: 'problem',
      found: `${path} is ${state}: ${message}`,
      fix: path.startsWith(join(folders[0]!.path, '/'))
        ? 'Restore the file, or install Terrace again.'
        : 'Add the model again with `terrace models add FOLDER`.',
    }));
  },
};

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

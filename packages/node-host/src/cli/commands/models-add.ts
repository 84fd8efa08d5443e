import { addModel, type Added } from '../../store/add/add-model.js';
import type { ModelFolder } from '../../store/catalog/model-folders.js';
import { systemClock } from '../../system-clock.js';
import { requireLicences, type AcceptedLicences } from '../../trust/licences.js';
import { requireSoundSignatures } from '../../trust/folder-signatures.js';
import { requireSigned } from '../../trust/signers.js';
import { askLicence } from '../ask-licence.js';
import { bytes, print, printJson, table, warn } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';
import { addedModels, short } from './models-catalog.js';

export interface AddFlags extends GlobalFlags {
  readonly acceptLicence?: readonly string[];
}

/** `terrace models add FOLDER`: a model or delta of the user's own, into the overlay of the state folder. */
export async function addModels(folder: string, flags: AddFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  for (const warning of settings.warnings) warn(warning);
  const { home } = settings;
  const accepted = flags.acceptLicence ?? [];
  const trust = { home, clock: systemClock };
  let licences: AcceptedLicences | undefined;
  const admit = async (staged: ModelFolder): Promise<void> => {
    if (settings.requireSignatures) await requireSigned(staged, trust);
    else await requireSoundSignatures(staged, trust);
    licences = await requireLicences(staged.catalog.models, { accepted, ...trust, ask: askLicence(flags, signal) });
  };
  const added = await addModel({ folder, overlay: addedModels(settings), shipped: settings.models, signal, admit });
  await licences?.record();
  const notes = notesOf(added);
  if (flags.json) printJson({ ...added, replaces: added.replaces ?? null, notes });
  else print([describe(added), ...notes.map((note) => `note: ${note}`)].join('\n'));
  return 0;
}

function notesOf({ kind, id, replaces, uncalibrated, notes }: Added): string[] {
  const instead = replaces === 'shipped' ? 'the one that ships with Terrace' : 'the one that was added before';
  return [
    ...(replaces ? [`the ${kind} "${id}" is now used instead of ${instead}`] : []),
    ...uncalibrated.map(
      (domain) => `${domain} is no longer calibrated: run \`terrace calibrate --domain ${domain} --data FILE\``,
    ),
    ...notes,
  ];
}

const describe = ({ kind, id, folder, files }: Added): string =>
  [
    `added the ${kind} ${id} in ${folder}; \`terrace doctor\` loads it and lets it answer`,
    table(files.map(({ path, bytes: size, sha256 }) => [`  ${path}`, bytes(size), short(sha256)])),
  ].join('\n');

import { InvalidRequestError, type FileRef, type Model } from '@terrace/core';
import { nodeProbe } from '../../create-node-runtime.js';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { takeFiles } from '../../store/pull/take-files.js';
import { systemClock } from '../../system-clock.js';
import { requireLicences } from '../../trust/licences.js';
import { askLicence } from '../ask-licence.js';
import { bytes, print, printJson } from '../output.js';
import { startProgress } from '../progress.js';
import { openCatalog } from './models-catalog.js';
import type { PullFlags } from './models-pull.js';

/**
 * `terrace models pull IDS... --from FOLDER`: files of models that the catalog knows already, by their hashes. Nothing is
 * installed, as the catalog stays as it is: they are in the content store, where everybody looks first.
 */
export async function takeModels(
  ids: readonly string[],
  from: string,
  flags: PullFlags,
  signal: AbortSignal,
): Promise<number> {
  const { settings, folders } = await openCatalog(flags);
  const { store } = await openFetcher(settings);
  const { providers } = await nodeProbe({ home: settings.home, clock: systemClock }).profile({ signal });
  const here = providers.map(({ id }) => id);
  const models = ids.map((id) => wanted(id, folders, flags.dtype, here));
  const files = [...new Map(models.flatMap(filesOf).map((file) => [file.sha256, file])).values()];
  const missing = files.filter((file) => folders.presence(file) !== 'here' || store.has(file));
  const accepted = flags.acceptLicence ?? [];
  const ask = askLicence(flags, signal);
  const licences = await requireLicences(models, { home: settings.home, clock: systemClock, accepted, ask });
  const progress = startProgress('taking', process.stderr, 'bytes');
  const takenBytes = await takeFiles(from, missing, {
    store,
    signal,
    onProgress: ({ doneBytes, totalBytes }) => progress.update(doneBytes, totalBytes),
  }).finally(progress.end);
  await licences.record();
  if (flags.json) printJson({ source: from, models: ids, files, takenBytes });
  else if (takenBytes === 0) print('everything is here already');
  else print(`${ids.join(', ')}: ${bytes(takenBytes)} taken from ${from}, every file by its sha256`);
  return 0;
}

/** With those variants alone that are wanted. @throws InvalidRequestError */
function wanted(id: string, folders: ModelFolders, dtype: PullFlags['dtype'], providers: readonly string[]): Model {
  const { models } = folders.current();
  const model = models.find((each) => each.id === id);
  if (!model) {
    throw new InvalidRequestError({
      message: `There is no model "${id.slice(0, 128)}" in the catalog.`,
      hint: `Models: ${models.map((each) => each.id).join(', ')}. Others are pulled by the address of their folder.`,
    });
  }
  const variants = model.variants.filter((variant) =>
    dtype === undefined ? variant.providers.some((each) => providers.includes(each)) : variant.dtype === dtype,
  );
  if (variants.length > 0) return { ...model, variants };
  throw new InvalidRequestError({
    message: `${id} has no variant ${dtype === undefined ? 'that runs on this device' : `of type ${dtype}`}.`,
    hint: `Its types are ${model.variants.map((variant) => variant.dtype).join(', ')}: name one with --dtype.`,
  });
}

const filesOf = ({ variants, tokenizer, tokenizerConfig }: Model): FileRef[] =>
  [...variants.map(({ weights }) => weights), tokenizer, tokenizerConfig].filter((file) => file !== undefined);

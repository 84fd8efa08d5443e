import { removeModel as remove } from '../../store/add/remove-model.js';
import { print, printJson } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';
import { addedModels } from './models-catalog.js';

export interface RemoveFlags extends GlobalFlags {
  readonly withDeltas?: boolean;
}

/** `terrace models remove ID`: a model, delta or domain out of the overlay; its weights go with the next collection. */
export async function removeModel(id: string, flags: RemoveFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  const { models, deltas, notes } = await remove({
    id,
    overlay: addedModels(settings),
    shipped: settings.models,
    withDeltas: flags.withDeltas === true,
    signal,
  });
  if (flags.json) printJson({ models, deltas, notes });
  else {
    const names = [...models.map((each) => `model ${each}`), ...deltas.map((each) => `delta ${each}`)];
    const what = names.join(', ') || `the calibration of ${id}`;
    print(
      [`removed ${what}; \`terrace models gc\` frees its weights`, ...notes.map((note) => `note: ${note}`)].join('\n'),
    );
  }
  return 0;
}

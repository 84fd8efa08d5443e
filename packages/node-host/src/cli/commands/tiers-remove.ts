import { removeEndpoint } from '../../store/add/remove-endpoint.js';
import { print, printJson } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';
import { addedModels } from './models-catalog.js';

/** `terrace tiers remove ID`. */
export async function removeTier(id: string, flags: GlobalFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  await removeEndpoint({ id, overlay: addedModels(settings), shipped: settings.models, signal });
  if (flags.json) printJson({ removed: id });
  else print(`removed ${id}: nothing is sent there any more by what starts from now on`);
  return 0;
}

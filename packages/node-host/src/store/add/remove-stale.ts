import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, processOwnerSchema } from '../content/process-owner.js';
import { readJson } from '../files/read-json.js';
import { INCOMING, unfinished } from './unfinished.js';

/** In a staged folder: the process it belongs to. */
export const OWNER = 'owner.json';
/** What belongs to nobody of whom can be known whether he lives is left behind when it is older than this. */
const STALE_MS = 24 * 60 * 60 * 1000;

/** Removes what processes that were killed had staged; not what is to be finished, and no locks. */
export async function removeStale(overlay: string): Promise<void> {
  const incoming = join(overlay, INCOMING);
  const begun = unfinished(overlay);
  for (const name of await readdir(incoming).catch(() => [])) {
    const path = join(incoming, name);
    if (name.endsWith('.lock') || begun.includes(path)) continue;
    if (await isLeftBehind(path)) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Whether a staged folder belongs to no living process. */
export async function isLeftBehind(path: string): Promise<boolean> {
  const owner = processOwnerSchema.safeParse(await readJson(join(path, OWNER)).catch(() => undefined));
  const alive = owner.success ? await isAlive(owner.data) : undefined;
  if (alive !== undefined) return !alive;
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
  return Date.now() - mtimeMs > STALE_MS;
}

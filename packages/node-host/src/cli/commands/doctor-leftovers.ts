import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLeftBehind } from '../../store/add/remove-stale.js';
import { INCOMING, unfinished } from '../../store/add/unfinished.js';
import { revisionsIn } from '../../store/revisions/revision-folder.js';
import { systemClock } from '../../system-clock.js';
import { bytes } from '../output.js';
import { addedModels } from './models-catalog.js';
import type { Check, Finding } from './doctor-context.js';

/** Names that are given to what is on its way: files by `writeAtomically`, and a salvage's copies. */
const TEMPORARY = /\.[0-9a-f]{8}-[0-9a-f-]{27}\.tmp$|^ledger\.salvage-\w+$|^doctor-[0-9a-f-]{36}\.tmp$/;
/** A process that still works touches what it writes far more often than this. */
const STALE_MS = 60 * 60 * 1000;
const SHOWN = 3;

interface Leftover {
  readonly path: string;
  readonly bytes: number;
}

/** What processes that were killed left behind: it is never read, and takes room. */
export const leftovers: Check = {
  name: 'leftovers',
  async run(context) {
    const settings = await context.settings();
    const found = await findLeftovers(settings.home, addedModels(settings));
    if (found.length === 0) return [{ name: 'leftovers', state: 'ok', found: 'nothing was left behind half-written' }];
    const total = found.reduce((sum, each) => sum + each.bytes, 0);
    const named = found.slice(0, SHOWN).map(({ path }) => path);
    const more = found.length > SHOWN ? ` and ${found.length - SHOWN} more` : '';
    const what = `${bytes(total)} left behind by processes that ended: ${named.join(', ')}${more}`;
    if (!context.fix) {
      return [{ name: 'leftovers', state: 'warning', found: what, fix: 'Run `terrace doctor --fix` to remove them.' }];
    }
    return [await remove(found, what)];
  },
};

async function remove(found: readonly Leftover[], what: string): Promise<Finding> {
  for (const { path } of found) await rm(path, { recursive: true, force: true });
  return { name: 'leftovers', state: 'fixed', found: what, fix: 'They were removed: nothing names them.' };
}

async function findLeftovers(home: string, overlay: string): Promise<Leftover[]> {
  const inHome = await names(home, (name) => TEMPORARY.test(name));
  const inOverlay = await names(overlay, (name) => TEMPORARY.test(name));
  // What was begun is finished by the next start, and is no leftover.
  const begun = unfinished(overlay);
  const incoming = [overlay, revisionsIn(home)].map((folder) =>
    names(join(folder, INCOMING), (name) => !name.endsWith('.lock')),
  );
  const staged = (await Promise.all(incoming)).flat().filter((path) => !begun.includes(path));
  const all = await Promise.all([...inHome, ...inOverlay].map(measure));
  const ended = await Promise.all(staged.map(async (path) => ((await isLeftBehind(path)) ? measure(path) : undefined)));
  return [...all.filter((each) => each && each.idleMs > STALE_MS), ...ended].flatMap((each) =>
    each ? [{ path: each.path, bytes: each.bytes }] : [],
  );
}

async function names(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const all = await readdir(folder).catch(() => []);
  return all.filter(wanted).map((name) => join(folder, name));
}

/** A folder is as old as the newest file in it. Undefined when it went away meanwhile. */
async function measure(path: string): Promise<(Leftover & { idleMs: number }) | undefined> {
  try {
    const inside = await readdir(path, { recursive: true }).catch(() => []);
    const entries = await Promise.all([path, ...inside.map((name) => join(path, name))].map((each) => stat(each)));
    const files = entries.filter((entry) => entry.isFile());
    const newestMs = Math.max(...entries.map(({ mtimeMs }) => mtimeMs));
    return {
      path,
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      // A clock that went back makes a file of the future: it is not taken for stale.
      idleMs: systemClock.wallMs() - newestMs,
    };
  } catch {
    return undefined;
  }
}

import { existsSync } from 'node:fs';
import { cacheFileOf } from '../../cache/cache-path.js';
import { documentsFile } from '../../documents/documents-file.js';
import { damageOf } from '../../sqlite/damage-of.js';
import type { DatabaseName } from '../../sqlite/database-failure.js';
import { identityOf } from '../../sqlite/moved-file.js';
import { quarantine } from '../../sqlite/quarantine.js';
import { systemClock } from '../../system-clock.js';
import type { Check, Finding } from './doctor-context.js';

interface Store {
  readonly noun: DatabaseName['noun'];
  readonly fileOf: (home: string) => string;
  /** What it costs to start over. */
  readonly afterwards: string;
}

const STORES: readonly Store[] = [
  { noun: 'cache', fileOf: cacheFileOf, afterwards: 'Every answer is computed once more.' },
  {
    noun: 'document store',
    fileOf: documentsFile,
    afterwards: 'Add the documents again with `terrace documents add`: their files are where they were.',
  },
];

/** What can be made again: answers that were kept, and passages of documents. */
export const stores: Check = {
  name: 'cache and documents',
  async run({ settings, fix }) {
    const { home } = await settings();
    const found = await Promise.all(STORES.map((store) => examine(store, home, fix)));
    const wrong = found.flat();
    return wrong.length > 0
      ? wrong
      : [{ name: 'cache and documents', state: 'ok', found: `those in ${home} pass SQLite's integrity check` }];
  },
};

async function examine({ noun, fileOf, afterwards }: Store, home: string, fix: boolean): Promise<Finding[]> {
  const file = fileOf(home);
  if (!existsSync(file)) return [];
  const identity = identityOf(file);
  const [damage] = await damageOf({ noun, file });
  if (damage === undefined) return [];
  const found = `${file} is damaged: ${damage}`;
  if (!fix) {
    const advice = `Run \`terrace doctor --fix\` to set it aside. ${afterwards}`;
    return [{ name: noun, state: 'problem', found, fix: advice }];
  }
  const aside = quarantine({ noun, file, damaged: identity, wallMs: systemClock.wallMs() });
  const done = aside === undefined ? 'Another process has replaced it meanwhile.' : `It is now ${aside}.`;
  return [{ name: noun, state: 'fixed', found, fix: `${done} ${afterwards}` }];
}

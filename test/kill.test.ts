import { seededRandom } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { deltaSwap } from './soak/delta-swap.js';
import { ledgerAppend } from './soak/ledger-append.js';
import { reconcile } from './soak/reconcile.js';
import { soak, type Scenario } from './soak/scenario.js';

/** `npm run soak` does it a hundred times each. */
const KILLS = 4;
/** Each kill starts several processes. */
const LONG_MS = 120_000;

it.each<[string, () => Promise<Scenario>]>([
  ['the ledger of a process that answers', async () => ledgerAppend()],
  ['the replacement of a delta', deltaSwap],
  ['a queue that waits for the site', reconcile],
])('%s survives kill -9: nothing corrupt, nothing acknowledged lost', { timeout: LONG_MS }, async (_, open) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { kills, corrupt, lost } = await soak(await open(), { kills: KILLS, random: seededRandom(seed) });
  expect({ seed, kills, corrupt, lost }).toEqual({ seed, kills: KILLS, corrupt: [], lost: [] });
});

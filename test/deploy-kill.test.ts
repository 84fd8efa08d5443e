import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@terrace/core/testing';
import { openSqliteLedger } from '@terrace/node-host';
import { expect, it } from 'vitest';
import { killAtRandom, startVictim } from './support/kill-at-random.js';
import { SHIPPED, temporaryFolder, terrace } from './support/run-cli.js';

const DOMAIN = 'clinc150';
const KILLS = 20;
const WITHIN_MS = 1_000;
/** Each kill starts a process that loads models. */
const LONG_MS = 240_000;
const VICTIM = fileURLToPath(new URL('support/serve-deployed.mjs', import.meta.url));

const model = (id: string, tiers: readonly string[]) => ({ id, path: { kind: 'ladder', tiers } });
const DEPLOYMENT = {
  format: 1,
  domain: DOMAIN,
  models: [model('light', ['nano']), model('heavy', ['nano', 'small'])],
  maxLive: 2,
  windowMs: 3_600_000,
  budgetUsd: 0.001,
  auditShare: 0.5,
  auditor: 'small',
};

interface Status {
  readonly state: { readonly window: { readonly id: string }; readonly models: readonly { readonly stage: string }[] };
  readonly models: readonly { readonly requests: number; readonly rewards: number }[];
}

it(
  'a server with a deployment survives kill -9: the next one goes on with the same window, and counts each request once',
  { timeout: LONG_MS },
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const home = temporaryFolder();
    writeFileSync(path.join(home, 'deployment.json'), JSON.stringify(DEPLOYMENT));
    const others: string[] = [];
    let before = 0;
    for (let kills = 0; kills < KILLS; kills++) {
      const victim = startVictim({ args: [VICTIM, home, SHIPPED, DOMAIN] });
      // The first one gets somewhere; then every other one is killed while it begins.
      if (kills === 0) await victim.says('window 2');
      else if (kills % 2 === 0) await victim.says('found ');
      const killed = await killAtRandom({ victim, withinMs: WITHIN_MS, random });
      expect({ seed, killed, stderr: victim.stderr() }).toMatchObject({ killed: true });
      others.push(...victim.lines.filter((line) => line.startsWith('failed ')));
      for (const found of victim.lines.filter((line) => line.startsWith('found '))) {
        const [, number, routed] = found.split(' ');
        // What was told of is there, and what is there answers, unless nothing was in force yet.
        if (Number(number) < before || routed !== (Number(number) === 0 ? 'none' : `w${number}`)) others.push(found);
      }
      const told = victim.lines.filter((line) => line.startsWith('window '));
      before = Math.max(before, ...told.map((line) => Number(line.split(' ')[1])));
    }
    expect({ seed, others }).toEqual({ seed, others: [] });
    expect(before).toBeGreaterThan(1);
    const status = await terrace(['deploy', 'status', '--json'], { home });
    expect({ seed, ...status }).toMatchObject({ code: 0 });
    const { state, models } = status.json<Status>();
    expect(Number(state.window.id.slice(1))).toBeGreaterThanOrEqual(before);
    expect(state.models.every(({ stage }) => stage === 'live')).toBe(true);
    const routed = await countRouted(home);
    // What was seen of a model before it changed is forgotten; nothing is counted twice.
    const counted = models.reduce((sum, { requests }) => sum + requests, 0);
    expect(counted).toBeGreaterThan(0);
    expect(counted).toBeLessThanOrEqual(routed);
    // Audits are drawn alike, so that their effective number is how many there are: none counts twice.
    const audited = models.reduce((sum, { rewards }) => sum + rewards, 0);
    expect(audited).toBeGreaterThan(0);
    expect(audited / routed).toBeLessThan(0.75);
  },
);

/** Requests that were routed, as the ledger has them. */
async function countRouted(home: string): Promise<number> {
  const ledger = await openSqliteLedger({ file: path.join(home, 'ledger.db') });
  const ids = new Set<string>();
  for await (const page of ledger.review()) {
    for (const { outcome } of page) if (outcome.decisions[0]?.stage === 'route') ids.add(outcome.requestId);
  }
  await ledger.close();
  return ids.size;
}

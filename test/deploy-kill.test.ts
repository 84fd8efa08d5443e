import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createStageRoute,
  DEFAULT_STAGE_ROUTE,
  viewDeployment,
  type DeployedModel,
  type DeploymentSettings,
} from '@terrace/core/deploy';
import { seededRandom } from '@terrace/core/testing';
import { createHighsSolver, openSqliteDeploymentStore, openSqliteLedger, systemClock } from '@terrace/node-host';
import { expect, it } from 'vitest';
import { killAtRandom, startVictim } from './support/kill-at-random.js';
import { SHIPPED, terrace } from './support/run-cli.js';
import { temporaryHome } from './support/temporary-home.js';
import { timesKilled } from './support/times-killed.js';

const DOMAIN = 'clinc150';
const KILLS = timesKilled(8);
const WITHIN_MS = 1_000;
/** Each kill starts a process that loads models. */
const LONG_MS = 240_000;
const VICTIM = fileURLToPath(new URL('support/serve-deployed.mjs', import.meta.url));

const model = (id: string, tiers: readonly string[]): DeployedModel => ({
  id,
  path: { kind: 'ladder', tiers },
  carries: 1,
  fixedCost: { onceUsd: 0, eachWindowUsd: 0 },
});
const DEPLOYMENT: DeploymentSettings = {
  format: 1,
  domain: DOMAIN,
  models: [model('light', ['nano']), model('heavy', ['nano', 'small'])],
  maxLive: 2,
  windowMs: 3_600_000,
  budgetUsd: 0.001,
  auditShare: 0.5,
  auditor: 'small',
  feedback: 'drift',
  rates: { usdPerKilowattHour: 0, usdPerBusyHour: 0 },
  canary: false,
};

interface Status {
  readonly state: { readonly window: { readonly id: string }; readonly models: readonly { readonly stage: string }[] };
}

it(
  'a server with a deployment survives kill -9: the next one goes on with the same window, and counts each request once',
  { timeout: LONG_MS },
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const home = temporaryHome();
    writeFileSync(path.join(home, 'deployment.json'), JSON.stringify(DEPLOYMENT));
    const others: string[] = [];
    let before = 0;
    let told = 0;
    for (let kills = 0; kills < KILLS; kills++) {
      const victim = startVictim({ args: [VICTIM, home, SHIPPED, DOMAIN] });
      // The first one gets somewhere; then every other one is killed while it begins.
      if (kills === 0) await victim.says('window 5');
      else if (kills % 2 === 0) await victim.says('found ');
      const killed = await killAtRandom({ victim, withinMs: WITHIN_MS, random });
      expect({ seed, killed, stderr: victim.stderr() }).toMatchObject({ killed: true });
      others.push(...victim.lines.filter((line) => line.startsWith('failed ')));
      for (const found of victim.lines.filter((line) => line.startsWith('found '))) {
        const [, number, routed] = found.split(' ');
        // What was told of is there, and what is there answers, unless nothing was in force yet.
        if (Number(number) < before || routed !== (Number(number) === 0 ? 'none' : `w${number}`)) others.push(found);
      }
      const windows = victim.lines
        .filter((line) => line.startsWith('window '))
        .map((line) => line.split(' ').map(Number));
      before = Math.max(before, ...windows.map(([, window]) => window!));
      told += windows.at(-1)?.[2] ?? 0;
    }
    expect({ seed, others }).toEqual({ seed, others: [] });
    expect(before).toBeGreaterThan(1);
    const status = await terrace(['deploy', 'status', '--json'], { home });
    expect({ seed, ...status }).toMatchObject({ code: 0 });
    const { state } = status.json<Status>();
    expect(Number(state.window.id.slice(1))).toBeGreaterThanOrEqual(before);
    expect(state.models.every(({ stage }) => stage === 'live')).toBe(true);
    // A request of which a process told is in the ledger, and none of them is lost to statistics or counted twice.
    const { routed, audited, counted } = await countAll(home);
    expect(routed).toBeGreaterThanOrEqual(told);
    expect(told).toBeGreaterThan(100);
    expect(counted.requests).toBe(routed);
    expect(audited).toBeGreaterThan(10);
    // Audits are drawn alike, so that their effective number is how many there are.
    expect(counted.rewards).toBeCloseTo(audited, 6);
  },
);

/** Requests that were routed and those of them that were audited, as the ledger has them, and as a controller counts them. */
async function countAll(home: string) {
  const file = path.join(home, 'ledger.db');
  const ledger = await openSqliteLedger({ file });
  const store = openSqliteDeploymentStore({ file, clock: systemClock });
  const solver = createHighsSolver();
  try {
    const ids = new Set<string>();
    for await (const page of ledger.review()) {
      for (const { outcome } of page) if (outcome.decisions[0]?.stage === 'route') ids.add(outcome.requestId);
    }
    let audited = 0;
    for await (const page of store.rewards(0)) audited += page.filter(({ requestId }) => ids.has(requestId)).length;
    const { status } = await viewDeployment(
      {
        ledger,
        store,
        openWindow: (settings, statistics) => createStageRoute(settings, { solver, statistics }),
        // Those that are shipped forget what was before a change.
        routing: { ...DEFAULT_STAGE_ROUTE, statistics: { kind: 'plain' } },
        clock: systemClock,
      },
      DEPLOYMENT,
    );
    const sumOf = (what: 'requests' | 'rewards'): number => status.models.reduce((sum, each) => sum + each[what], 0);
    return {
      routed: ids.size,
      audited,
      counted: { requests: sumOf('requests'), rewards: sumOf('rewards') },
    };
  } finally {
    await solver.close();
    await store.close();
    await ledger.close();
  }
}

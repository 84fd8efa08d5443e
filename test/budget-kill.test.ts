import { fileURLToPath } from 'node:url';
import { seededRandom } from '@terrace/core/testing';
import { expect, it, onTestFinished } from 'vitest';
import { killAtRandom, startVictim } from './support/kill-at-random.js';
import { terrace } from './support/run-cli.js';
import { startScriptedUpstream } from './support/scripted-upstream.js';
import { temporaryHome } from './support/temporary-home.js';
import { timesKilled } from './support/times-killed.js';

const KILLS = timesKilled(10);
const CALLS = 200;
const PRICE_USD = 0.01;
/** A few calls take as long. */
const WITHIN_MS = 60;
const LONG_MS = 120_000;
const SPEND = fileURLToPath(new URL('support/spend-until-killed.mjs', import.meta.url));

interface Shown {
  readonly budgets: readonly { readonly spent: number; readonly reserved: number; readonly left: number }[];
}

it(
  'kill -9 gives no money back: no more calls than a budget pays for, and none that nobody counts',
  { timeout: LONG_MS },
  async () => {
    const upstream = await startScriptedUpstream({ models: ['writer'], chat: () => 'ok', delayMs: 5 });
    onTestFinished(() => upstream.close());
    const home = temporaryHome();
    expect((await terrace(['budget', 'set', `${CALLS * PRICE_USD}/month`], { home })).code).toBe(0);
    const asked = (): number => upstream.counts.chat;
    const show = async () => (await terrace(['budget', 'show', '--json'], { home })).json<Shown>().budgets[0]!;

    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const args = [SPEND, home, upstream.url, String(PRICE_USD)];
    for (let kills = 0; kills < KILLS; kills++) {
      const victim = startVictim({ args });
      await victim.says('begun');
      const before = asked();
      await killAtRandom({ victim, withinMs: WITHIN_MS, random, after: () => asked() > before });
      if (kills % 5 !== 4) continue;
      const { spent, reserved, left } = await show();
      expect({ seed, left }).toMatchObject({ left: expect.toSatisfy((value: number) => value >= 0) });
      expect(spent + reserved).toBeGreaterThanOrEqual(asked() * PRICE_USD - 1e-9);
    }
    // What is left is spent to the last call, by one that nobody kills.
    const last = startVictim({ args });
    expect({ seed, code: await last.ended, stderr: last.stderr() }).toMatchObject({ code: 0, stderr: '' });
    expect(last.lines.filter((line) => line.startsWith('refused BUDGET_EXHAUSTED'))).toHaveLength(4);
    const { spent, reserved, left } = await show();
    expect({ seed, spent, reserved }).toMatchObject({ spent: expect.toSatisfy((usd: number) => usd > 0) });
    expect(left).toBeLessThan(PRICE_USD);
    expect(spent + reserved).toBeLessThanOrEqual(CALLS * PRICE_USD + 1e-9);
    expect(spent + reserved).toBeGreaterThanOrEqual(asked() * PRICE_USD - 1e-9);
    expect(asked()).toBeLessThanOrEqual(CALLS);
    expect(asked()).toBeGreaterThan(KILLS);
  },
);

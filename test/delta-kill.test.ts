import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { killAtRandom, startVictim } from './support/kill-at-random.js';
import { canMount, mountSmallDisk } from './support/mounts.js';
import { SHIPPED, temporaryFolder, terrace } from './support/run-cli.js';
import { temporaryHome } from './support/temporary-home.js';
import { timesKilled } from './support/times-killed.js';

const DOMAIN = 'clinc150';
const KILLS = timesKilled(6);
/** One turn through both revisions takes about as long. */
const TURN_MS = 300;
const LONG_MS = 120_000;
const IN_TURN = fileURLToPath(new URL('support/promote-in-turn.mjs', import.meta.url));
const ROLL_BACK = fileURLToPath(new URL('support/roll-back-times.mjs', import.meta.url));
const ON_FULL_DISK = fileURLToPath(new URL('support/promote-on-full-disk.mjs', import.meta.url));

/** Attaches the shipped delta with another byte in its last number. @returns the revision */
async function attach(home: string, variant: number): Promise<string> {
  const folder = path.join(temporaryFolder(), 'delta');
  cpSync(path.join(SHIPPED, 'deltas', DOMAIN, 'nano'), folder, { recursive: true });
  const head = path.join(folder, 'head.safetensors');
  const content = readFileSync(head);
  content[content.length - 2]! ^= variant;
  writeFileSync(head, content);
  const { code, json } = await terrace(['delta', 'attach', folder, '--json'], { home });
  expect(code).toBe(0);
  return json<{ revision: string }>().revision;
}

it(
  'a process that promotes and rolls back survives kill -9: one of two revisions is in force, whole, and answers',
  { timeout: LONG_MS },
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const home = temporaryHome();
    const revisions = [await attach(home, 1), await attach(home, 2)];
    const args = [IN_TURN, home, SHIPPED, DOMAIN, ...revisions];
    const found: string[] = [];
    for (let kills = 0; kills < KILLS; kills++) {
      const victim = startVictim({ args });
      // It begins with what the one before it left behind.
      found.push(await victim.says('found '));
      const killed = await killAtRandom({ victim, withinMs: TURN_MS, random });
      expect({ seed, killed, stderr: victim.stderr() }).toMatchObject({ killed: true });
    }
    const whole = revisions.map((revision) => `found ${revision} balance`);
    expect({ seed, others: found.filter((line) => !whole.includes(line)) }).toEqual({ seed, others: [] });
    const verified = await terrace(['delta', 'verify', '--json'], { home });
    expect(verified.json()).toMatchObject({ ok: true });
    const rolledBack = await terrace(['delta', 'promote', DOMAIN, revisions[1]!, '--json'], { home });
    expect(rolledBack.code).toBe(0);
  },
);

it.runIf(canMount)(
  'what is attached goes on answering while a full disk refuses its successor',
  { timeout: LONG_MS },
  async () => {
    const home = path.join(temporaryFolder(), 'home');
    mountSmallDisk(home, 6_000_000);
    const [first, second] = [await attach(home, 1), await attach(home, 2)];
    expect((await terrace(['delta', 'rollback', DOMAIN], { home })).code).toBe(0);
    const victim = startVictim({ args: [ON_FULL_DISK, home, SHIPPED, DOMAIN, second] });
    expect({ code: await victim.ended, stderr: victim.stderr() }).toMatchObject({ code: 0 });
    expect(victim.lines).toEqual([
      `answered ${first}`,
      'refused STORAGE_FAILED',
      `answered ${first}`,
      `answered ${second}`,
    ]);
  },
);

it('a domain of three deltas is rolled back in less than a tenth of a second', { timeout: LONG_MS }, async () => {
  const home = temporaryHome();
  for (const base of ['nano', 'small', 'base']) {
    const folder = path.join(temporaryFolder(), base);
    cpSync(path.join(SHIPPED, 'deltas', DOMAIN, base), folder, { recursive: true });
    const manifest = path.join(folder, 'delta.json');
    writeFileSync(manifest, `${readFileSync(manifest, 'utf8')}\n`);
    expect((await terrace(['delta', 'attach', folder], { home })).code).toBe(0);
  }
  const { json } = await terrace(['delta', 'list', DOMAIN, '--json'], { home });
  const [{ revisions, inForce }] = json<[{ inForce: string; revisions: unknown[] }]>();
  expect(revisions).toHaveLength(3);
  const victim = startVictim({ args: [ROLL_BACK, home, SHIPPED, DOMAIN, inForce] });
  expect({ code: await victim.ended, stderr: victim.stderr() }).toMatchObject({ code: 0 });
  const times = victim.lines.map(Number).toSorted((x, y) => x - y);
  console.log(`rollback: median ${times[times.length >> 1]} ms, fastest ${times[0]} ms`);
  // What else the machine does comes on top.
  expect(times[0]).toBeLessThan(100);
});

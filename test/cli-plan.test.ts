import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { refusal } from './support/answers.js';
import { terrace } from './support/run-cli.js';
import { temporaryHome } from './support/temporary-home.js';

/** Several commands. */
const SEVERAL = { timeout: 60_000 } as const;

const ARGUMENTS = ['plan', '--domain', 'banking77', '--requests', '100000/month'];
const HOURS_PER_MONTH = 730.5;

/** 10 watts, and US$ 0.01 an hour. */
const BOX = {
  name: 'box <b>',
  memoryBytes: 4e9,
  cores: 4,
  gflops: 50,
  gigabytesPerSecond: 20,
  watts: 10,
  priceUsd: 300,
  lifetimeHours: 30_000,
};
const boxUsd = HOURS_PER_MONTH * (0.01 + 0.01 * 0.3);

async function machinesIn(home: string, machines: unknown): Promise<string> {
  const file = path.join(home, 'machines.json');
  await writeFile(file, typeof machines === 'string' ? machines : JSON.stringify(machines));
  return file;
}

interface Report {
  readonly points: readonly Point[];
  readonly chosen: Point | null;
  readonly rejected: readonly { readonly hardware: string; readonly model: string }[];
  readonly basis: string;
}

interface Point {
  readonly hardware: string;
  readonly mix: Readonly<Record<string, number>>;
  readonly monthlyUsd: number;
  readonly accuracy: number;
  readonly onFrontier: boolean;
  readonly withinBudget: boolean;
}

it('says what each machine would answer how well for how much a month', SEVERAL, async () => {
  const home = temporaryHome();
  const machines = [BOX, { ...BOX, name: 'dear', priceUsd: 30_000 }, { ...BOX, name: 'tiny', memoryBytes: 1e6 }];
  const hardware = ['--hardware', await machinesIn(home, machines)];
  const budget = ['--budget', '20/month'];
  const html = path.join(home, 'reports', 'plan.html');
  const [asJson, asText, again, nothing] = await Promise.all([
    terrace([...ARGUMENTS, ...budget, ...hardware, '--json'], { home }),
    terrace([...ARGUMENTS, ...budget, ...hardware, '--html', html], { home }),
    terrace([...ARGUMENTS, '--budget', '0.0002/request', ...hardware, '--json'], { home }),
    terrace([...ARGUMENTS, ...budget, ...hardware, '--min-accuracy', '100%', '--json'], { home }),
  ]);
  expect([asJson.code, asJson.stderr, asText.code, asText.stderr]).toEqual([0, '', 0, '']);
  const { points, chosen, rejected, basis } = asJson.json<Report>();
  expect(basis).toBe('calibration');
  expect(chosen).toMatchObject({ hardware: 'box <b>', onFrontier: true, withinBudget: true });
  expect(chosen!.monthlyUsd).toBeCloseTo(boxUsd, 9);
  expect(chosen!.accuracy).toBe(Math.max(...points.map(({ accuracy }) => accuracy)));
  // The same models for more are no frontier, and no budget of 20 dollars.
  const dear = points.filter(({ hardware: name }) => name === 'dear');
  expect(dear.length).toBeGreaterThan(0);
  expect(dear.some(({ onFrontier, withinBudget }) => onFrontier || withinBudget)).toBe(false);
  expect(rejected.map(({ hardware: name }) => name)).toEqual(['tiny']);
  // 0.0002 a request are 20 a month.
  expect(again.stdout).toBe(asJson.stdout);
  expect([nothing.code, nothing.json<Report>().chosen]).toEqual([0, null]);

  expect(asText.stdout).toContain('---- the budget ----');
  expect(asText.stdout).toContain(`on box <b>: US$ ${boxUsd.toFixed(2)} a month`);
  const page = await readFile(html, 'utf8');
  expect(page).toContain('box &lt;b&gt;');
  expect(page).not.toMatch(/<b>|<script/);
});

it('plans for this device without a list of machines, by the requests of the ledger', SEVERAL, async () => {
  const home = temporaryHome();
  const plan = ['plan', '--domain', 'banking77', '--budget', '20/month'];
  expect(await refusal(plan, { home })).toMatchObject({
    exit: 2,
    code: 'INVALID_REQUEST',
    hint: expect.stringContaining('--requests'),
  });
  await terrace(['run', '--domain', 'banking77', 'where is my card'], { home });
  const { code, stderr, json } = await terrace([...plan, '--json'], { home });
  expect([code, stderr]).toEqual([0, '']);
  expect(json()).toMatchObject({ requestsPerMonth: 30, chosen: { hardware: 'this device', monthlyUsd: 0 } });
});

it('refuses what nothing can be planned with, and says why', SEVERAL, async () => {
  const home = temporaryHome();
  const file = await machinesIn(home, [BOX]);
  const refused = (...flags: string[]) =>
    refusal([...ARGUMENTS, '--hardware', file, '--budget', '20/month', ...flags], { home });
  const invalid = (message: string) =>
    expect.objectContaining({ exit: 2, code: 'INVALID_REQUEST', message: expect.stringContaining(message) });
  expect(
    await Promise.all([
      refused('--budget', '1/month'),
      refused('--budget', '0/month'),
      refused('--budget', '3.6MJ/month'),
      refused('--requests', '-1'),
      refused('--domain', 'nowhere'),
      refused('--accuracy', 'clod=95%'),
      refused('--html', '/proc/nowhere/plan.html'),
    ]),
  ).toEqual([
    expect.objectContaining({
      exit: 2,
      code: 'INFEASIBLE_BUDGET',
      facts: expect.objectContaining({ smallestFeasible: expect.closeTo(boxUsd, 9) }),
    }),
    invalid('0/month'),
    invalid('3.6MJ/month'),
    invalid('-1'),
    invalid('nowhere'),
    invalid('clod'),
    expect.objectContaining({ code: 'STORAGE_FAILED', hint: expect.stringContaining('--html') }),
  ]);
  await machinesIn(home, [{ ...BOX, priceUsd: -1 }]);
  expect(await refused()).toMatchObject({ exit: 2, code: 'INVALID_DATA', facts: { file } });
  await machinesIn(home, '[{"name": NaN}]');
  expect(await refused()).toMatchObject({ exit: 2, code: 'INVALID_DATA', facts: { file } });
});

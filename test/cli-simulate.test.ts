import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { refusal } from './support/answers.js';
import { terrace } from './support/run-cli.js';
import { temporaryHome } from './support/temporary-home.js';

const ALGORITHMS = [
  'stageroute',
  'greedy',
  'epsilon-greedy',
  'random',
  'best-single',
  'static-lp',
  'bwk-ucb',
  'stage-oracle',
];

/** Several commands, each of which starts threads. */
const SEVERAL = { timeout: 60_000 } as const;

/** Rewards of a cheap model, a dear one, and one that is both cheaper and better than the dear one. */
async function tableIn(home: string, lines = 200): Promise<string> {
  const rows = Array.from({ length: lines }, (_, row) => ({
    prompt: `question ${row}`,
    arms: {
      cheap: { reward: row % 2, cost: 0.0001 },
      dear: { reward: Number(row % 10 > 0), cost: 0.01 },
      new: { reward: Number(row % 20 > 0), cost: 0.002 },
    },
  }));
  const file = path.join(home, 'table.jsonl');
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

it('prints what each algorithm came to beside what was within reach, in however many threads', SEVERAL, async () => {
  const home = temporaryHome();
  const args = [
    'simulate',
    '--data',
    await tableIn(home),
    '--windows',
    '5',
    '--max-models',
    '2',
    '--budget-share',
    '0.25',
  ];
  const flags = [...args, '--seeds', '2', '--arrive', 'new@2', '--sweep', '50', '--json'];
  const [first, second] = await Promise.all([
    terrace(flags, { home }),
    terrace([...flags, '--threads', '2'], { home }),
  ]);
  expect([first.code, first.stderr]).toEqual([0, '']);
  expect(second.stdout).toBe(first.stdout);
  const { algorithms, references, seeds } = first.json<{
    algorithms: Record<string, Record<string, number>>;
    references: Record<string, number>;
    seeds: number;
  }>();
  expect([Object.keys(algorithms), seeds]).toEqual([ALGORITHMS, 2]);
  for (const of of Object.values(algorithms)) {
    for (const name of ['meanReward', 'overspend', 'regret', 'switches', 'aiq', 'windowsToAdopt'])
      expect(of[name]).toBeTypeOf('number');
  }
  expect(Object.keys(references)).toEqual(['staticLp', 'bestArm', 'oracle']);
  expect(algorithms['stageroute']!['meanReward']).toBeGreaterThan(algorithms['random']!['meanReward']!);
});

it('refuses what cannot be simulated, and says why', SEVERAL, async () => {
  const home = temporaryHome();
  const data = await tableIn(home, 3);
  const refused = (...flags: string[]) => refusal(['simulate', '--data', data, ...flags], { home });
  expect(
    await Promise.all([refused(), refused('--budget', '0.00001'), refused('--budget', '1', '--arrive', 'other@1')]),
  ).toEqual([
    expect.objectContaining({ exit: 2, code: 'INVALID_REQUEST' }),
    expect.objectContaining({
      exit: 2,
      code: 'INFEASIBLE_BUDGET',
      facts: expect.objectContaining({ smallestFeasible: 0.0001 }),
    }),
    expect.objectContaining({ exit: 2, code: 'INVALID_REQUEST' }),
  ]);
  await writeFile(data, '{"arms": {"cheap": {"reward": 2, "cost": 0}, "dear": {"reward": 1, "cost": 1}}}\n');
  expect(await refused('--budget', '1')).toMatchObject({ code: 'INVALID_DATA', facts: { line: 1, file: data } });
});

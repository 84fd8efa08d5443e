import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { killAtRandom, startVictim, type Random } from '../support/kill-at-random.js';
import { COMMAND, SHIPPED, terrace } from '../support/run-cli.js';
import { addedIds, findCorrupt } from './check-home.js';
import type { Scenario, Strike } from './scenario.js';
import { SOAK_MODEL, writeSoakModel } from './soak-model.js';

/** Share of kills that wait until something is written. */
const WHILE_WRITING = 0.75;

/** `terrace models import` of a signed bundle, killed at any moment; the next one installs everything. */
export async function importing(): Promise<Scenario> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'terrace-soak-import-'));
  const [maker, home, bundle] = ['maker', 'home', 'soak.bundle'].map((name) => path.join(root, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [maker, home]) mkdirSync(folder);
  await writeSoakModel(path.join(root, 'source'));
  const key = path.join(root, 'key.json');
  const run = async (args: readonly string[], at: string): Promise<void> => {
    const { code, stderr } = await terrace(args, { home: at });
    if (code !== 0) throw new Error(`terrace ${args.join(' ')} ends with ${code}: ${stderr}`);
  };
  await run(['keys', 'create', '--owner', 'soak'], maker);
  await run(['keys', 'export', 'soak', '--out', key], maker);
  await run(['models', 'add', path.join(root, 'source', 'encoders', SOAK_MODEL)], maker);
  await run(['models', 'bundle', SOAK_MODEL, '--out', bundle], maker);
  await run(['keys', 'trust', key], home);
  const args = ['models', 'import', bundle];
  const env = { TERRACE_HOME: home, TERRACE_MODELS_FOLDER: SHIPPED };
  const fromMs = performance.now();
  await run(args, home);
  const usualMs = performance.now() - fromMs;
  reset();
  let finished = 0;

  function reset(): void {
    for (const name of ['models', 'store']) rmSync(path.join(home, name), { recursive: true, force: true });
  }

  async function strike(random: Random): Promise<Strike> {
    const victim = startVictim({ args: [COMMAND, ...args], env, cwd: home });
    // Most of the time goes into the start; most kills are to come while files are written.
    const killed =
      random() < WHILE_WRITING
        ? await killAtRandom({ victim, withinMs: usualMs * 0.3, random, after: () => stageOf(home) !== 'starting' })
        : await killAtRandom({ victim, withinMs: usualMs * 1.2, random });
    const stage = killed ? stageOf(home) : undefined;
    const corrupt = await findCorrupt(home);
    await run(args, home).catch((error: unknown) => corrupt.push(String(error)));
    corrupt.push(...(await findCorrupt(home)));
    const ids = await addedIds(home);
    const lost = ids.includes(SOAK_MODEL) ? [] : [`${SOAK_MODEL} is not installed`];
    if (corrupt.length + lost.length === 0) reset();
    finished += 1;
    return { stage, corrupt, lost };
  }

  return {
    name: 'import',
    strike,
    figures: () => ({ 'imports after a kill': finished }),
    close: async () => rmSync(root, { recursive: true, force: true }),
  };
}

/** By what the kill left behind. */
function stageOf(home: string): string {
  const overlay = path.join(home, 'models');
  const names = existsSync(overlay) ? readdirSync(overlay, { recursive: true }).map(String) : [];
  if (names.includes('catalog.json')) return 'installed';
  if (names.some((name) => name.endsWith('commit.json'))) return 'moving into place';
  return names.some((name) => name.startsWith('.incoming')) ? 'verifying and copying' : 'starting';
}

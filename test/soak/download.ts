import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { killAtRandom, startVictim, type Random } from '../support/kill-at-random.js';
import { COMMAND, SHIPPED, terrace } from '../support/run-cli.js';
import { serveSlowly } from '../support/throttled-server.js';
import { addedIds, findCorrupt } from './check-home.js';
import type { Scenario, Strike } from './scenario.js';
import { SOAK_MODEL, writeSoakModel } from './soak-model.js';

/** The model takes about half a second. */
const BYTES_PER_SECOND = 10_000_000;

/** `terrace models pull` from a slow server, killed at any moment; the next one goes on and installs the model. */
export async function download(): Promise<Scenario> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'terrace-soak-download-'));
  const home = path.join(root, 'home');
  mkdirSync(home);
  await writeSoakModel(path.join(root, 'source'));
  const server = await serveSlowly(path.join(root, 'source'), BYTES_PER_SECOND);
  const args = ['models', 'pull', server.url, SOAK_MODEL];
  const env = { TERRACE_HOME: home, TERRACE_MODELS_FOLDER: SHIPPED };
  // The device is measured once, and that is not what is to be killed.
  await terrace(['profile'], { home });
  const fromMs = performance.now();
  const first = await pull();
  if (first.length > 0) throw new Error(first.join('; '));
  const usualMs = performance.now() - fromMs;
  reset();

  async function pull(): Promise<string[]> {
    const { code, stderr } = await terrace(args, { home });
    return code === 0 ? [] : [`the next run ends with ${code}: ${stderr}`];
  }
  function reset(): void {
    for (const name of ['models', 'store']) rmSync(path.join(home, name), { recursive: true, force: true });
  }

  async function strike(random: Random): Promise<Strike> {
    const victim = startVictim({ args: [COMMAND, ...args], env, cwd: home });
    const killed = await killAtRandom({ victim, withinMs: usualMs * 1.2, random });
    const stage = killed ? stageOf(home) : undefined;
    const before = await installed(home);
    const corrupt = [...(await findCorrupt(home)), ...(await pull()), ...(await findCorrupt(home))];
    const lost = (await installed(home)) ? [] : [`${SOAK_MODEL} is not installed${before ? ' any more' : ''}`];
    if (corrupt.length + lost.length === 0) reset();
    return { stage, corrupt, lost };
  }

  return {
    name: 'download',
    strike,
    figures: () => ({ 'downloads gone on with': server.resumed() }),
    async close() {
      await server.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

const installed = async (home: string): Promise<boolean> => (await addedIds(home)).includes(SOAK_MODEL);

/** By what the kill left behind. */
function stageOf(home: string): string {
  const names = (folder: string): string[] => {
    const inside = path.join(home, folder);
    return existsSync(inside) ? readdirSync(inside, { recursive: true }).map(String) : [];
  };
  if (names('models').includes('catalog.json')) return 'installed';
  if (names('models').some((name) => name.startsWith('.incoming'))) return 'installing';
  if (names('store/incoming').some((name) => name.endsWith('.part'))) return 'downloading';
  return names('store/sha256').length > 0 ? 'between files' : 'starting';
}

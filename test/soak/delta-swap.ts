import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openModelFolders, readVerified } from '@terrace/node-host';
import { killAtRandom, startVictim, type Random } from '../support/kill-at-random.js';
import { COMMAND, SHIPPED, terrace } from '../support/run-cli.js';
import { findCorrupt } from './check-home.js';
import type { Scenario, Strike } from './scenario.js';

const READER = fileURLToPath(new URL('delta-reader.mjs', import.meta.url));
const DELTA = 'banking77/nano';
/** Share of kills that wait until something is written. */
const WHILE_WRITING = 0.75;

/**
 * `terrace models add` of two versions of one delta in turn, killed at any moment, beside a process that reads it all
 * the time and must see one of the two, whole.
 */
export async function deltaSwap(): Promise<Scenario> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'terrace-soak-delta-'));
  const home = path.join(root, 'home');
  const overlay = path.join(home, 'models');
  mkdirSync(home);
  const versions = ['first', 'second'].map((name, index) => makeVersion(path.join(root, name), index));
  const known = versions.map(({ sha256 }) => sha256);
  const fromMs = performance.now();
  await add(versions[0]!.folder, home);
  const usualMs = performance.now() - fromMs;
  const reader = startVictim({ args: [READER, SHIPPED, overlay, DELTA] });
  let turn = 0;
  let readLines = 0;

  /** What the reader saw since it was last asked. */
  const brokenReads = (): string[] => {
    const fresh = reader.lines.slice(readLines);
    readLines += fresh.length;
    return fresh.filter((line) => !known.some((sha256) => line === `whole ${sha256}`));
  };

  async function strike(random: Random): Promise<Strike> {
    turn += 1;
    const { folder } = versions[turn % 2]!;
    const before = stagedIn(overlay);
    const victim = startVictim({ args: [COMMAND, 'models', 'add', folder, '--home', home], env: environment(home) });
    // Most of the time goes into the start; most kills are to come while files are written.
    const hasBegun = (): boolean => stagedIn(overlay).some((name) => !before.includes(name));
    const killed =
      random() < WHILE_WRITING
        ? await killAtRandom({ victim, withinMs: usualMs * 0.3, random, after: hasBegun })
        : await killAtRandom({ victim, withinMs: usualMs * 1.2, random });
    const stage = killed ? stageOf(overlay, before) : undefined;
    const corrupt = await findTorn(overlay, known);
    // The next run succeeds, and leaves everything as its catalog says.
    corrupt.push(...(await add(folder, home)), ...(await findCorrupt(home)), ...brokenReads());
    return { stage, corrupt, lost: [] };
  }

  return {
    name: 'delta swap',
    strike,
    figures: () => ({ 'whole reads beside it': readLines }),
    async close() {
      reader.child.kill('SIGKILL');
      await reader.ended;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

const environment = (home: string): Record<string, string> => ({ TERRACE_HOME: home, TERRACE_MODELS_FOLDER: SHIPPED });

/** The shipped delta, with other bytes in its last number. */
function makeVersion(folder: string, index: number): { folder: string; sha256: string } {
  cpSync(path.join(SHIPPED, 'deltas', DELTA), folder, { recursive: true });
  const head = path.join(folder, 'head.safetensors');
  const content = readFileSync(head);
  content.writeUInt8(content.readUInt8(content.length - 2) ^ (index + 1), content.length - 2);
  writeFileSync(head, content);
  return { folder, sha256: createHash('sha256').update(content).digest('hex') };
}

async function add(folder: string, home: string): Promise<string[]> {
  const { code, stderr } = await terrace(['models', 'add', folder], { home });
  return code === 0 ? [] : [`the next run ends with ${code}: ${stderr}`];
}

/** By what a host sees that starts now: its catalog opens, and every file of the delta is the one it names. */
async function findTorn(overlay: string, known: readonly string[]): Promise<string[]> {
  try {
    const folders = await openModelFolders({ shipped: SHIPPED, added: overlay });
    const delta = folders.current().deltas.find(({ id }) => id === DELTA);
    if (!delta) return [`${DELTA} is gone`];
    await readVerified(await folders.locate(delta.head));
    return known.includes(delta.head.sha256) ? [] : [`${DELTA} is neither version, but ${delta.head.sha256}`];
  } catch (error) {
    return [String(error)];
  }
}

const stagedIn = (overlay: string): string[] => {
  const incoming = path.join(overlay, '.incoming');
  return existsSync(incoming) ? readdirSync(incoming).filter((name) => !name.endsWith('.lock')) : [];
};

/** By what the kill left behind. The reader may have finished it meanwhile, as any host does that starts. */
function stageOf(overlay: string, before: readonly string[]): string {
  const [staging] = stagedIn(overlay).filter((name) => !before.includes(name));
  if (staging === undefined) return 'starting, or in place';
  const names = readdirSync(path.join(overlay, '.incoming', staging));
  if (names.some((name) => name === 'commit.json' || name.startsWith('old'))) return 'moving into place';
  return 'copying and checking';
}

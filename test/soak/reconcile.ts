import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { QueuedState } from '@terrace/core';
import { openSqliteQueue } from '../../packages/node-host/src/queue/sqlite-queue.js';
import { systemClock } from '../../packages/node-host/src/system-clock.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { killAtRandom, startVictim, type Random } from '../support/kill-at-random.js';
import { COMMAND, SHIPPED, terrace } from '../support/run-cli.js';
import { startServe } from '../support/serve.js';
import type { Scenario, Strike } from './scenario.js';

const WRITER = fileURLToPath(new URL('queue-writer.mjs', import.meta.url));
const TIER = 'site-base';
/** Requests that are put off before each kill. */
const PUT_OFF = 15;
/** Share of kills that come while requests are put off; the others come while they are answered. */
const WHILE_PUTTING_OFF = 0.3;
/** Share of kills that wait until the process is at it. */
const WHEN_BUSY = 0.8;
/** Rows that one look at the queue gives back. */
const MOST_ROWS = 10_000;
const LABELS = ['credit_score', 'freeze_account', 'tell_joke'];

/**
 * Requests that wait for a site which is switched off and on: the process that puts them off is killed, or the one
 * that answers them once the site is back. The next one answers the rest.
 */
export async function reconcile(): Promise<Scenario> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'terrace-soak-queue-'));
  const [home, siteHome] = [path.join(root, 'home'), path.join(root, 'site')];
  for (const folder of [home, siteHome]) mkdirSync(folder);
  const site = await startServe(siteHome, ['--log-level', 'silent']);
  const calls: string[] = [];
  const network = await startFaultProxy({
    target: site.url,
    onArrival: ({ path: at, headers }) => at.endsWith('/infer') && calls.push(String(headers['idempotency-key'])),
  });
  const env = { TERRACE_HOME: home, TERRACE_MODELS_FOLDER: SHIPPED };
  const { code, stderr } = await terrace(['tiers', 'add', network.url, '--model', 'base', '--id', TIER], { home });
  if (code !== 0) throw new Error(`terrace tiers add failed: ${stderr}`);
  /** In the order in which they were put off. */
  const acknowledged: string[] = [];
  /** Every answer that was ever seen. */
  const answers = new Map<string, string>();
  let startMs = 2000;

  /** @returns where the kill came, if one did */
  async function putOff(random: Random): Promise<string | undefined> {
    const victim = startVictim({ args: [WRITER, home, SHIPPED, String(PUT_OFF), TIER], env });
    const fromMs = performance.now();
    const isKilled =
      random() < WHILE_PUTTING_OFF &&
      (await killAtRandom(
        random() < WHEN_BUSY
          ? { victim, withinMs: 200, random, after: () => victim.lines.length > 0 }
          : { victim, withinMs: startMs, random },
      ));
    const exit = await victim.ended;
    if (!isKilled && exit !== 0) throw new Error(`requests cannot be put off: ${victim.stderr()}`);
    if (!isKilled) startMs = performance.now() - fromMs;
    for (const line of victim.lines) if (line.startsWith('queued ')) acknowledged.push(line.slice('queued '.length));
    if (!isKilled) return undefined;
    return victim.lines.length > 1 ? 'putting off' : 'opening';
  }

  async function answer(random: Random): Promise<string | undefined> {
    const before = calls.length;
    const victim = startVictim({ args: [COMMAND, 'queue', 'run'], env, cwd: home });
    const isBusy = (): boolean => calls.length > before;
    const isKilled = await killAtRandom(
      random() < WHEN_BUSY ? { victim, withinMs: 150, random, after: isBusy } : { victim, withinMs: startMs, random },
    );
    if (!isKilled) return undefined;
    return isBusy() ? 'answering' : 'starting';
  }

  /** What must never be, of the queue as it stands. */
  async function look(): Promise<Pick<Strike, 'corrupt' | 'lost'>> {
    const states = await statesOf(path.join(home, 'queue.db'));
    const ids = states.map(({ queued }) => queued.requestId);
    const known = new Set(ids);
    const lost = acknowledged.filter((id) => !known.has(id)).map((id) => `${id} was put off, and is gone`);
    const corrupt = states.flatMap((state) => wrongWith(state, answers));
    const firstWaiting = states.findIndex(({ kind }) => kind === 'waiting');
    if (firstWaiting !== -1 && states.slice(firstWaiting).some(({ kind }) => kind !== 'waiting'))
      corrupt.push(`${ids[firstWaiting]} waits, and one that came later does not`);
    const order = ids.filter((id) => acknowledged.includes(id));
    if (lost.length === 0 && order.join() !== acknowledged.join()) corrupt.push('the order is another one');
    return { corrupt, lost };
  }

  async function strike(random: Random): Promise<Strike> {
    await network.down();
    const inPuttingOff = await putOff(random);
    await network.up();
    const stage = inPuttingOff ?? (await answer(random));
    const left = await look();
    if (left.corrupt.length + left.lost.length > 0) return { stage, ...left };
    const next = await terrace(['queue', 'run', '--json'], { home });
    const { waiting } = next.json<{ waiting: number }>();
    const { corrupt, lost } = await look();
    if (next.code !== 0 || waiting > 0)
      return { stage, lost, corrupt: [...corrupt, `the next run ends with ${next.code}, and ${waiting} wait`] };
    return { stage, corrupt, lost };
  }

  return {
    name: 'queue',
    strike,
    figures: () => ({
      'put off': acknowledged.length,
      answered: answers.size,
      'calls of the site': calls.length,
    }),
    async close() {
      await network.close();
      site.process.kill('SIGKILL');
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function statesOf(file: string): Promise<QueuedState[]> {
  const queue = await openSqliteQueue({ file, clock: systemClock });
  try {
    return await queue.list({ limit: MOST_ROWS });
  } finally {
    await queue.close();
  }
}

/** An answer is right, by the site, and stays as it was. */
function wrongWith(state: QueuedState, answers: Map<string, string>): string[] {
  const { requestId } = state.queued;
  const before = answers.get(requestId);
  if (state.kind !== 'done') {
    if (before !== undefined) return [`${requestId} was answered, and is ${state.kind} now`];
    return state.kind === 'failed' ? [`${requestId} was given up: ${state.error}`] : [];
  }
  if (before !== undefined) return before === state.result ? [] : [`${requestId} was answered a second time`];
  answers.set(requestId, state.result);
  const { tier, output } = JSON.parse(state.result) as { tier: string; output: { label: string } };
  return tier === TIER && LABELS.includes(output.label) ? [] : [`${requestId} got ${output.label} by ${tier}`];
}

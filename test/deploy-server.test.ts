import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_GUARD, DEFAULT_PACE, type DeploymentWish } from '@terrace/core/deploy';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteDeploymentStore } from '../packages/node-host/src/deploy/sqlite-deployment-store.js';
import { workingClock } from '../packages/node-host/src/system-clock.js';
import { EASY, refusal } from './support/answers.js';
import { temporaryFolder, terrace } from './support/run-cli.js';
import { startScriptedUpstream } from './support/scripted-upstream.js';
import { serve, startServe, type ServeProcess } from './support/serve.js';

const LONG_MS = 30_000;

/** A state folder with a deployment of two models. */
async function deployed(...flags: readonly string[]): Promise<string> {
  const home = temporaryFolder();
  await deployIn(home, ...flags);
  return home;
}

async function deployIn(home: string, ...flags: readonly string[]): Promise<void> {
  await terrace(['deploy', 'set', '--max-live', '2', '--budget', '0.001/request', ...flags], { home });
  await terrace(['deploy', 'add', 'small', '--tier', 'nano'], { home });
  await terrace(['deploy', 'add', 'both', '--ladder', 'nano,base'], { home });
}

/** What the texts here are asked about, and something else. */
const LABEL = 'credit_score';
const WRONG = 'freeze_account';

/** Leaves it for the server, as commands do: none of them can set how fast a rollout goes. */
async function wish(home: string, wished: DeploymentWish): Promise<void> {
  const store = openSqliteDeploymentStore({ file: path.join(home, 'ledger.db'), clock: workingClock });
  await store.wish(wished).finally(() => store.close());
}

interface Answer {
  readonly trace: readonly { readonly kind: string; readonly shares?: Readonly<Record<string, number>> }[];
}

const post = (url: string, route: string, body: object): Promise<Response> =>
  fetch(url + route, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

const ask = (url: string): Promise<Response> => post(url, '/v1/infer', { text: EASY, domain: 'clinc150' });

const windowOf = async (url: string): Promise<string | undefined> => {
  const { state } = (await (await fetch(`${url}/v1/terrace/deployment`)).json()) as {
    state: { window?: { id: string } };
  };
  return state.window?.id;
};

interface Status {
  readonly state: {
    readonly window?: { readonly id: string; readonly live: Readonly<Record<string, number>> };
    readonly rollouts: readonly {
      readonly model: string;
      readonly step: number;
      readonly state: { readonly kind: string };
    }[];
  };
}

const statusOf = async (url: string): Promise<Status['state']> =>
  ((await (await fetch(`${url}/v1/terrace/deployment`)).json()) as Status).state;

/** Asks so often, and tells of each answer whether it was right. @returns which models have answered */
async function askAndTell(url: string, times: number, isRight: (model: string, label: string) => boolean) {
  const requests = Array.from({ length: times }, () => ({ text: EASY, domain: 'clinc150' }));
  const { results } = (await (await post(url, '/v1/infer', { requests })).json()) as {
    results: { result: { requestId: string; output: { label: string }; trace: { kind: string; model?: string }[] } }[];
  };
  const models = results.map(async ({ result: { requestId, output, trace } }) => {
    const model = trace.find(({ kind }) => kind === 'route')!.model!;
    const { status } = await post(url, '/v1/feedback', { requestId, right: isRight(model, output.label) });
    expect(status).toBeLessThan(300);
    return model;
  });
  return new Set(await Promise.all(models));
}

describe('a server with a deployment', () => {
  it('routes by shares, lets no other have it, and goes on after it was killed', { timeout: LONG_MS * 2 }, async () => {
    const home = await deployed();
    const { url, process: first } = await serve(home, '--log-level', 'silent');
    await expect.poll(() => windowOf(url), { timeout: LONG_MS / 2 }).toBeDefined();
    const answer = await ask(url);
    expect(['small', 'both']).toContain(answer.headers.get('x-terrace-model'));
    expect(answer.headers.get('x-terrace-window')).toBe(await windowOf(url));
    const { trace } = (await answer.json()) as Answer;
    const shares = Object.values(trace.find(({ kind }) => kind === 'route')?.shares ?? {});
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('terrace_window_info{window=');
    const { exit, code } = await refusal(['serve', '--port', '0'], { home });
    expect([exit, code]).toEqual([2, 'LEASE_HELD']);

    const before = await windowOf(url);
    const ended = once(first, 'exit');
    first.kill('SIGKILL');
    await ended;
    const { url: again } = await serve(home, '--log-level', 'silent');
    expect(await windowOf(again)).toBe(before);
    expect((await ask(again)).headers.get('x-terrace-window')).toBe(before);
  });

  it(
    'sends requests where people find answers right, and takes a new model back that answers wrongly',
    { timeout: LONG_MS * 4 },
    async () => {
      const home = await deployed('--feedback', 'all');
      const { url } = await serve(home, '--log-level', 'silent');
      const shares = async () => (await statusOf(url)).window?.live ?? {};
      await expect.poll(shares, { timeout: LONG_MS / 2 }).not.toEqual({});
      const before = await shares();
      const usual = before['small']! > before['both']! ? 'small' : 'both';
      const other = usual === 'small' ? 'both' : 'small';
      // It has a share of 2 % until somebody has said something of it.
      for (let asked = new Set<string>(); !asked.has(other);)
        asked = await askAndTell(url, 100, (model) => model === other);
      await terrace(['deploy', 'next'], { home });
      await expect.poll(async () => (await shares())[other] ?? 0, { timeout: LONG_MS / 2 }).toBeGreaterThan(0.5);
      expect(before[other]).toBeLessThan(0.5);

      let says = LABEL;
      const chat = () => JSON.stringify({ label: says });
      const upstream = await startScriptedUpstream({ models: ['writer-1'], chat });
      onTestFinished(() => upstream.close());
      const flags = ['--id', 'writer', '--placement', 'site', '--model', 'writer-1', '--domain', 'clinc150'];
      await terrace(['tiers', 'add', upstream.url, ...flags], { home });
      await terrace(['deploy', 'set', '--new-models', 'canary'], { home });
      await terrace(['deploy', 'add', 'writer', '--tier', 'writer'], { home });
      await wish(home, {
        kind: 'roll-out',
        model: 'writer',
        instead: other,
        unit: 'request',
        guard: { ...DEFAULT_GUARD, latencyMargin: undefined, costMargin: undefined },
        pace: { ...DEFAULT_PACE, outcomes: [1, 1000, 1000] },
      });
      const rollout = async () => (await statusOf(url)).rollouts.findLast(({ model }) => model === 'writer');
      const isRight = (_: string, label: string) => label === LABEL;
      const askUntil = async (isSo: (is: Awaited<ReturnType<typeof rollout>>) => boolean): Promise<void> => {
        while (!isSo(await rollout())) {
          await askAndTell(url, 200, isRight);
          await sleep(200);
        }
      };
      await askUntil((is) => is?.step === 1);
      says = WRONG;
      await askUntil((is) => is?.state.kind === 'rolled-back');
      const told = await terrace(['deploy', 'rollout', 'status'], { home });
      expect(told.stdout).toMatch(/^writer-\d: writer instead of .*, taken back .*: its reward became worse$/m);
      await expect.poll(async () => (await shares())['writer'] ?? 0, { timeout: LONG_MS / 2 }).toBe(0);
      expect((await ask(url)).headers.get('x-terrace-model')).not.toBe('writer');
    },
  );

  it('computes what it may route, and answers the rest from memory', { timeout: LONG_MS }, async () => {
    const home = temporaryFolder();
    const cacheOf = async (url: string, body: object) => {
      const { headers } = await post(url, '/v1/infer', body);
      return headers.get('x-terrace-cache');
    };
    const start = (): Promise<ServeProcess> => startServe(home, ['--log-level', 'silent'], { TERRACE_CACHE: 'on' });
    const label = { text: EASY, domain: 'clinc150' };
    const vector = { text: EASY, task: 'feature-extraction' };
    const before = await start();
    onTestFinished(() => void before.process.kill('SIGKILL'));
    expect(await cacheOf(before.url, label)).toBe('miss');
    await expect.poll(() => cacheOf(before.url, label)).toBe('exact');
    const ended = once(before.process, 'exit');
    before.process.kill('SIGTERM');
    await ended;

    await deployIn(home);
    const { url, process: server } = await start();
    onTestFinished(() => void server.kill('SIGKILL'));
    // What was kept before there were windows is no answer of theirs.
    expect(await cacheOf(url, label)).toBe('bypass');
    await expect.poll(() => windowOf(url), { timeout: LONG_MS / 2 }).toBeDefined();
    const routed = [await post(url, '/v1/infer', label), await post(url, '/v1/infer', label)];
    expect(routed.map(({ headers }) => headers.get('x-terrace-cache'))).toEqual(['bypass', 'bypass']);
    for (const { headers } of routed) expect(['small', 'both']).toContain(headers.get('x-terrace-model'));
    expect(await cacheOf(url, vector)).toBe('miss');
    await expect.poll(() => cacheOf(url, vector)).toBe('exact');
  });

  it('leaves it alone where it is told to', { timeout: LONG_MS }, async () => {
    const { url } = await serve(await deployed(), '--no-deploy', '--log-level', 'silent');
    expect((await ask(url)).headers.get('x-terrace-model')).toBeNull();
    expect((await fetch(`${url}/v1/terrace/deployment`)).status).toBe(404);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EASY, HARD, refusal, type Answer } from './support/answers.js';
import { startVictim } from './support/kill-at-random.js';
import { COMMAND, SHIPPED, terrace } from './support/run-cli.js';
import { SITE_KEY, siteOfThisFile } from './support/site.js';

const LONG_MS = 120_000;
/** Of the shipped models only nano fits: what it is not sure of needs the site. */
const MEMORY = '80MiB';
const KILLS = 2;
/** Enough for a process to be killed in the middle of them. */
const MANY = 80;

const site = siteOfThisFile();
const where = (home: string) => ({ home, env: { [`TERRACE_KEY_127_0_0_1_${site.proxy.port}`]: SITE_KEY } });

interface Queued {
  readonly requestId: string;
  readonly state: 'waiting' | 'done' | 'failed';
  readonly request?: { readonly text: string };
  readonly result?: { readonly tier: string; readonly output: { readonly label: string } };
}
interface Listed {
  readonly waiting: number;
  readonly requests: readonly Queued[];
}

const queue = (home: string, ...args: string[]) => terrace(['queue', ...args, '--memory', MEMORY], where(home));
const list = async (home: string): Promise<Listed> => (await queue(home, 'list', '--json', '--limit', '1000')).json();

/** Puts texts off while the site is down. @returns their ids, in the order in which they were put off */
async function putOff(home: string, texts: readonly string[]): Promise<string[]> {
  await site.proxy.down();
  const input = Readable.from([texts.map((text) => `${JSON.stringify({ text })}\n`).join('')]);
  const args = ['run', '--domain', 'clinc150', '--json', '--memory', MEMORY, '--when-offline', 'queue', '-'];
  const { code, stdout } = await terrace(args, { ...where(home), input });
  expect(code).toBe(4);
  const answers = stdout.trimEnd().split('\n');
  expect(answers).toHaveLength(texts.length);
  const ids = new Set(answers.map((line) => (JSON.parse(line) as { queued: string | null }).queued));
  const { requests } = await list(home);
  expect(new Set(requests.map(({ requestId }) => requestId))).toEqual(ids);
  return requests.map(({ requestId }) => requestId);
}

describe('terrace queue, while the site is away and after it has come back', () => {
  it('knows nothing, and makes no file, where nothing was put off', async () => {
    const fresh = site.freshHome();
    expect(await queue(fresh, 'list')).toMatchObject({ code: 0, stdout: 'No request was put off.\n' });
    expect(await list(fresh)).toEqual({ waiting: 0, requests: [] });
    expect(await queue(fresh, 'run')).toMatchObject({ code: 0, stdout: 'answered 0, given up 0, none waits\n' });
  });

  it('shows what waits, and answers it when the site is back', { timeout: LONG_MS }, async () => {
    const { home } = site;
    const first = await terrace(['run', '--domain', 'clinc150', '--json', '--memory', MEMORY, EASY], where(home));
    expect(first.code).toBe(0);
    await site.proxy.down();
    const asked = ['run', '--domain', 'clinc150', '--json', '--memory', MEMORY, '--when-offline', 'queue', HARD];
    const { code, json } = await terrace(asked, where(home));
    const { tier, queued, verdict } = json<Answer & { queued: string }>();
    expect([code, tier, verdict.degraded]).toEqual([4, 'nano', 'offline']);

    expect(await list(home)).toMatchObject({ waiting: 1, requests: [{ requestId: queued, state: 'waiting' }] });
    const listed = await queue(home, 'list');
    expect(listed.stdout).toContain(queued);
    expect(listed.stdout).not.toContain('freeze');
    const shown = await queue(home, 'show', queued);
    expect([shown.code, shown.stdout.includes(HARD)]).toEqual([4, true]);
    expect(await queue(home, 'run', '--json')).toMatchObject({ code: 4 });
    const waited = await queue(home, 'wait', queued, '--timeout', '300ms', '--json');
    expect([waited.code, waited.json<Queued>().state]).toEqual([4, 'waiting']);

    const patient = queue(home, 'wait', queued, '--json');
    await site.proxy.up();
    const answer = await patient;
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(answer.json<Queued>()).toMatchObject({
      state: 'done',
      request: { text: HARD },
      result: { tier: 'site-base', output: { label: 'freeze_account' } },
    });
    expect((await queue(home, 'show', queued)).stdout).toContain('answer      freeze_account');
    expect(await queue(home, 'run')).toMatchObject({ code: 0, stdout: 'answered 0, given up 0, none waits\n' });

    expect(await queue(home, 'forget', '--done')).toMatchObject({ code: 0, stdout: 'forgot 1 request\n' });
    expect(await refusal(['queue', 'show', queued], where(home))).toMatchObject({ exit: 2, code: 'INVALID_REQUEST' });
  });

  it('answers everything once and in order, though it is killed while it does', { timeout: LONG_MS }, async () => {
    const fresh = site.freshHome();
    const ids = await putOff(
      fresh,
      Array.from({ length: MANY }, (_, i) => `${HARD} ${i}`),
    );
    expect(ids).toHaveLength(MANY);
    await site.proxy.up();
    site.arrivals.length = 0;
    // A call has the id of its request and more; one that is made a second time, as its answer is late, ends with -2.
    const asked = (): string[] =>
      site.arrivals
        .filter(({ path, body }) => path.endsWith('/infer') && body.includes(HARD))
        .map(({ body }) => (JSON.parse(body) as { id: string }).id)
        .filter((id) => !id.endsWith('-2'))
        .map((id) => id.split('-')[0]!);
    const { home: folder, env } = where(fresh);
    for (let kill = 1; kill <= KILLS; kill++) {
      const run = startVictim({
        args: [COMMAND, 'queue', 'run', '--json', '--memory', MEMORY],
        env: { ...env, TERRACE_HOME: folder, TERRACE_MODELS_FOLDER: SHIPPED },
      });
      await expect
        .poll(() => new Set(asked()).size, { interval: 5, timeout: LONG_MS })
        .toBeGreaterThanOrEqual((kill * MANY) / 4);
      run.child.kill('SIGKILL');
      expect(await run.ended).toBeUndefined();
    }
    const rest = await queue(fresh, 'run', '--json');
    expect(rest).toMatchObject({ code: 0 });
    expect(rest.json()).toMatchObject({ failed: 0, waiting: 0 });
    const { waiting, requests } = await list(fresh);
    expect(waiting).toBe(0);
    expect(requests.map(({ requestId, state }) => [requestId, state])).toEqual(ids.map((id) => [id, 'done']));
    // Asked in order; a second time is only what was under way when its process was killed.
    const order = asked();
    expect(order.map((id) => ids.indexOf(id))).toEqual(order.map((id) => ids.indexOf(id)).toSorted((a, b) => a - b));
    expect(order.length - new Set(order).size).toBeLessThanOrEqual(KILLS);
    expect(new Set(order)).toEqual(new Set(ids));
  });

  it(
    'leaves what waits alone, and its texts, while somebody fits on what was learnt',
    { timeout: LONG_MS },
    async () => {
      const fresh = site.freshHome();
      const [id] = await putOff(fresh, [`${HARD} soon`]);
      await site.proxy.up();
      const rows = ['stock', 'delivery'].flatMap((label) =>
        Array.from({ length: 20 }, (_, i) => JSON.stringify({ text: `${label} of part ${i * 7}`, label })),
      );
      const data = join(fresh, 'rows.jsonl');
      writeFileSync(data, rows.join('\n'));
      const fit = ['delta', 'fit', '--data', data, '--domain', 'parts', '--keep-examples', '--memory', MEMORY];
      expect((await terrace(fit, where(fresh))).code).toBe(0);
      expect((await terrace(['learn', 'run', '--memory', MEMORY], where(fresh))).code).toBe(0);
      expect(await list(fresh)).toMatchObject({ waiting: 1, requests: [{ requestId: id, state: 'waiting' }] });
      expect(readFileSync(join(fresh, 'lessons.db')).includes(HARD)).toBe(false);
    },
  );
});

describe('terrace queue, told what makes no sense,', () => {
  it.each([
    [[], 'The action is missing.'],
    [['bla'], 'There is no `terrace queue bla`.'],
    [['show', 'nobody'], 'No request nobody waits or has waited.'],
    [['wait', 'nobody'], 'No request nobody waits or has waited.'],
    [['forget', 'nobody'], 'No request nobody waits or has waited.'],
    [['forget'], 'What to forget is missing, or there is too much of it.'],
    [['forget', 'x', '--done'], 'What to forget is missing, or there is too much of it.'],
  ])('%j, refuses it with code 2', async (args, message) => {
    const said = await refusal(['queue', ...args], { home: site.home });
    expect(said).toMatchObject({ exit: 2, code: 'INVALID_REQUEST', message });
  });

  it.each([[['list', '--state', 'lost']], [['show']], [['list', '--limit', '-1']]])('%j, too', async (args) => {
    expect(await refusal(['queue', ...args], { home: site.home })).toMatchObject({ exit: 2 });
  });
});

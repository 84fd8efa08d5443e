import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { EASY, refusal } from './support/answers.js';
import { temporaryFolder, terrace } from './support/run-cli.js';
import { serve } from './support/serve.js';

const LONG_MS = 30_000;

/** A state folder with a deployment of two models. */
async function deployed(): Promise<string> {
  const home = temporaryFolder();
  await terrace(['deploy', 'set', '--max-live', '2', '--budget', '0.001/request'], { home });
  await terrace(['deploy', 'add', 'small', '--tier', 'nano'], { home });
  await terrace(['deploy', 'add', 'both', '--ladder', 'nano,base'], { home });
  return home;
}

interface Answer {
  readonly trace: readonly { readonly kind: string; readonly shares?: Readonly<Record<string, number>> }[];
}

const ask = (url: string): Promise<Response> =>
  fetch(`${url}/v1/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: EASY, domain: 'clinc150' }),
  });

const windowOf = async (url: string): Promise<string | undefined> => {
  const { state } = (await (await fetch(`${url}/v1/terrace/deployment`)).json()) as {
    state: { window?: { id: string } };
  };
  return state.window?.id;
};

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

  it('leaves it alone where it is told to', { timeout: LONG_MS }, async () => {
    const { url } = await serve(await deployed(), '--no-deploy', '--log-level', 'silent');
    expect((await ask(url)).headers.get('x-terrace-model')).toBeNull();
    expect((await fetch(`${url}/v1/terrace/deployment`)).status).toBe(404);
  });
});

import { once } from 'node:events';
import { expect, it } from 'vitest';
import { EASY, homeOfThisFile } from './support/answers.js';
import { serve } from './support/serve.js';

/** Models are loaded under load. */
const LONG_MS = 60_000;
const CLIENTS = 16;
const home = homeOfThisFile();

it('a server that is told to stop under load answers every request that it took', { timeout: LONG_MS }, async () => {
  const { process: server, url } = await serve(home, '--log-level', 'silent');
  const ended = once(server, 'exit');
  let answered = 0;
  let stopped = false;
  const lost: string[] = [];
  const client = async (): Promise<void> => {
    for (;;) {
      try {
        const status = await ask(url);
        if (status === 200) answered++;
        else lost.push(`status ${status}`);
      } catch (error) {
        // Nobody listens any more: the request was never taken.
        const { code } = (error as { cause?: { code?: string } }).cause ?? {};
        if (code === 'ECONNREFUSED' && stopped) return;
        lost.push(code ?? String(error));
        if (stopped) return;
      }
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  await expect.poll(() => answered, { timeout: LONG_MS / 2 }).toBeGreaterThan(200);
  stopped = true;
  server.kill('SIGTERM');
  await Promise.all(clients);
  expect(lost).toEqual([]);
  expect(await ended).toEqual([0, null]);
});

async function ask(url: string): Promise<number> {
  const answer = await fetch(`${url}/v1/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: EASY, domain: 'clinc150' }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { homeOfThisFile } from './support/answers.js';
import { COMMAND } from './support/run-cli.js';

/** Models are loaded under load. */
const LONG_MS = 60_000;
const CLIENTS = 16;
const home = homeOfThisFile();

it('a server that is told to stop under load answers every request that it took', { timeout: LONG_MS }, async () => {
  const { server, url } = await serve();
  const ended = once(server, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const answered = { before: 0, after: 0 };
  let stopped = false;
  const lost: string[] = [];
  const client = async (): Promise<void> => {
    for (;;) {
      const sentBefore = !stopped;
      try {
        const { status } = await ask(url);
        if (status !== 200) lost.push(`status ${status}`);
        else if (sentBefore) answered.before++;
        else answered.after++;
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
  await expect.poll(() => answered.before, { timeout: LONG_MS / 2 }).toBeGreaterThan(200);
  stopped = true;
  server.kill('SIGTERM');
  await Promise.all(clients);
  expect(lost).toEqual([]);
  expect(await ended).toEqual([0, null]);
});

async function serve(): Promise<{ readonly server: ChildProcess; readonly url: string }> {
  const args = ['serve', '--json', '--port', '0', '--home', home, '--log-level', 'silent'];
  const server = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void server.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: server.stdout! }), 'line')) as [string];
  return { server, url: (JSON.parse(line) as { url: string }).url };
}

async function ask(url: string): Promise<Response> {
  const answer = await fetch(`${url}/v1/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'what is my credit score', domain: 'clinc150' }),
  });
  await answer.arrayBuffer();
  return answer;
}

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EASY, homeOfThisFile, refusal } from './support/answers.js';
import { temporaryFolder, terrace } from './support/run-cli.js';
import { serve } from './support/serve.js';

const LONG_MS = 30_000;
const home = homeOfThisFile();
const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

/** The status of a request with a key. */
async function ask(url: string, key?: string): Promise<number> {
  const { status } = await fetch(`${url}/v1/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ text: EASY, domain: 'clinc150', policy: 'nano' }),
  });
  return status;
}

const keys = (folder: string, ...args: string[]) => terrace(['serve', 'keys', ...args, '--json'], { home: folder });

describe('terrace serve', () => {
  it('answers, logs a line a request without what was asked, and ends well', { timeout: LONG_MS }, async () => {
    const { process: server, url, log } = await serve(home);
    const ended = once(server, 'exit');
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: LONG_MS / 2 }).toBe(200);
    expect(await ask(url, 'nobody looks at it')).toBe(200);
    server.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    const lines = log().trim().split('\n').slice(-1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ route: '/v1/infer', status: 200, tier: 'nano', texts: 1 });
    expect(log()).not.toContain(EASY);
  });

  it('takes keys that are made while it runs, and no others', { timeout: LONG_MS }, async () => {
    const folder = temporaryFolder();
    const { url } = await serve(folder, '--log-level', 'silent');
    expect(await ask(url, 'anything')).toBe(200);
    const first = (await keys(folder, 'add', 'phone', '--models', 'nano:*', '--rate', '1000/min')).json<{
      token: string;
    }>();
    await expect.poll(() => ask(url), { timeout: 5000 }).toBe(401);
    expect([await ask(url, 'wrong'), await ask(url, first.token)]).toEqual([401, 200]);
    const second = (await keys(folder, 'add', 'tablet', '--models', 'base', '--expires', '90d')).json<{
      token: string;
    }>();
    await expect.poll(() => ask(url, second.token), { timeout: 5000 }).toBe(403);
    await keys(folder, 'remove', 'phone');
    await expect.poll(() => ask(url, first.token), { timeout: 5000 }).toBe(401);
    const list = (await keys(folder, 'list')).json<{ keys: object[] }>();
    expect(list.keys).toMatchObject([{ name: 'tablet', state: 'counts', models: ['base'], residency: null }]);
  });

  it('listens elsewhere than on loopback for who brings a key, or when told that everybody may', async () => {
    const { exit, code } = await refusal(['serve', '--host', '0.0.0.0', '--port', '0'], { home });
    expect([exit, code]).toEqual([2, 'INVALID_REQUEST']);
    const { url } = await serve(home, '--host', '0.0.0.0', '--allow-public', '--log-level', 'silent');
    expect((await fetch(url.replace(/\/\/[^:]+/, '//127.0.0.1') + '/healthz')).status).toBe(200);
  });

  it.skipIf(!HAS_OPENSSL)('speaks TLS', { timeout: LONG_MS }, async () => {
    const folder = temporaryFolder();
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
    spawnSync('openssl', [...made, '-keyout', key, '-out', cert, '-subj', '/CN=localhost']);
    const { url } = await serve(home, '--tls-cert', cert, '--tls-key', key, '--log-level', 'silent');
    expect(url).toMatch(/^https:/);
    const asked = request(`${url}/healthz`, { ca: readFileSync(cert), servername: 'localhost' });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).toBe(200);
  });

  it.each([
    ['a port that is none', ['--port', '70000']],
    ['a certificate without its key', ['--tls-cert', 'cert.pem']],
    ['a certificate that is not there', ['--tls-cert', 'cert.pem', '--tls-key', 'key.pem']],
    ['keys that are not there', ['--keys', 'nowhere.json']],
    ['a batch of none', ['--max-batch', '0']],
    ['an action it does not know', ['--queue-timeout-action', 'drop']],
    ['a group without its action', ['keys']],
    ['a name that would redraw a terminal', ['keys', 'add', '\u001B[2J']],
  ])('refuses %s', async (_, flags) => {
    expect((await refusal(['serve', ...flags], { home })).exit).toBeGreaterThan(0);
  });

  it('says when something else listens there', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { exit, code, message } = await refusal(['serve', '--port', String(port)], { home });
    expect([exit, code]).toEqual([2, 'INVALID_REQUEST']);
    expect(message).toContain('something else listens there');
  });
});

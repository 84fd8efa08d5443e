import { execFile, spawnSync } from 'node:child_process';
import dns from 'node:dns';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { contentsOf } from './support/contents-of.js';
import { eventsOf, HARD, homeOfThisFile } from './support/answers.js';
import { COMMAND, SHIPPED, temporaryFolder, terrace, type Outcome } from './support/run-cli.js';
import { startScriptedUpstream, type ChatAsk, type ScriptedUpstream } from './support/scripted-upstream.js';
import { startServe, type ServeProcess } from './support/serve.js';
import { startBox } from './support/site.js';

const LONG_MS = 30_000;
const KEY = 'sk-that-nobody-may-see-4be07d';
/** More than any model reaches: every rung that may be asked is asked. */
const hard = { domain: 'clinc150', text: HARD, minConfidence: 0.99999 };
const CLI = ['run', '--domain', 'clinc150', '--memory', '80MiB', '--min-confidence', '99.999%', '--json'] as const;

/** Values of every kind that is found, and one of the operator's own. */
const PRIVATE = {
  email: 'joe.bloggs@example.com',
  phone: '+49 30 1234567',
  card: '4111 1111 1111 1111',
  iban: 'DE89 3704 0044 0532 0130 00',
  badge: 'EMP-47110',
} as const;
const { email, phone, card, iban, badge } = PRIVATE;
const LETTER = `write to ${email} or call ${phone} about card ${card} and account ${iban}, badge ${badge}, thanks`;

const home = homeOfThisFile();
let upstream: ScriptedUpstream;
let env: Record<string, string>;

/** Classifies when it is told to, and says everything else after the user. */
function answer({ messages }: ChatAsk): string {
  const [first] = messages;
  if (String(first?.content).startsWith('You are a classifier')) return '{"label":"freeze_account"}';
  return String(messages.at(-1)?.content);
}

const cli = (args: readonly string[], more: Record<string, string> = {}): Promise<Outcome> =>
  terrace(args, { home, env: { ...env, ...more } });

beforeAll(async () => {
  upstream = await startScriptedUpstream({ models: ['writer-1'], chat: answer });
  env = { [`TERRACE_KEY_127_0_0_1_${upstream.port}`]: KEY };
  const redaction = [{ name: 'badge', pattern: 'EMP-\\d{4,6}' }];
  writeFileSync(path.join(home, 'terrace.config.json'), JSON.stringify({ redaction }));
  for (const place of ['site', 'cloud']) {
    const flags = ['--id', place, '--placement', place, '--model', 'writer-1', '--domain', 'clinc150'];
    const { code, stderr } = await cli(['tiers', 'add', upstream.url, ...flags]);
    expect([code, stderr]).toEqual([0, '']);
  }
}, LONG_MS);
afterAll(() => upstream?.close());
beforeEach(() => upstream.script({ chat: answer }));

describe('a request that may not leave the device', { timeout: LONG_MS }, () => {
  /** Notes whatever this process does to reach another one. */
  function watchSockets(): string[] {
    const seen: string[] = [];
    const watch = <T extends object>(owner: T, name: keyof T & string): void => {
      const original = owner[name] as (...args: unknown[]) => unknown;
      const watched = function (this: unknown, ...args: unknown[]): unknown {
        seen.push(name);
        return Reflect.apply(original, this, args);
      };
      Object.assign(owner, { [name]: watched });
      onTestFinished(() => void Object.assign(owner, { [name]: original }));
    };
    watch(net.Socket.prototype, 'connect');
    for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6'] as const) watch(dns, name);
    return seen;
  }

  it('opens no socket, whatever else it asks for', async () => {
    const box = await startBox(home, { keys: () => KEY });
    const { connections } = upstream.counts;
    const seen = watchSockets();
    const device = { ...hard, residency: 'device' } as const;
    const wishes = [
      {},
      { maxRisk: 0.001 },
      { deadlineMs: 5000 },
      { whenOffline: 'queue' as const },
      { valueUsd: 1000 },
    ];
    for (const wish of wishes) {
      const { placement, sentBytes, trace, queued } = await box.run({ ...device, ...wish });
      expect({ placement, sentBytes, queued }).toEqual({ placement: 'device', sentBytes: 0, queued: undefined });
      const [plan] = eventsOf({ trace }, 'plan');
      for (const tier of ['site', 'cloud'])
        expect(plan!.rejected).toContainEqual(expect.objectContaining({ tier, code: 'residency' }));
    }
    await expect(box.run({ ...device, policy: 'cloud' })).rejects.toMatchObject({ code: 'NO_TIER_FITS' });
    expect(seen).toEqual([]);
    expect(upstream.counts.connections).toBe(connections);

    // The same watch sees what may go to the site, and no further.
    const near = await box.run({ ...hard, residency: 'site' });
    expect([near.tier, near.placement]).toEqual(['site', 'site']);
    expect(seen).toContain('connect');
  });

  const STRACE = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

  it.skipIf(!STRACE)('makes no system call to the network (strace)', async () => {
    const folder = temporaryFolder();
    /** What it does with sockets of the internet; the kernel's own list of addresses is asked for over another kind. */
    const isInternet = (line: string): boolean => /\b(?:socket|connect|bind|send\w+)\(.*AF_INET/.test(line);
    const traced = async (...flags: string[]) => {
      const file = path.join(folder, 'calls');
      const args = ['-f', '-e', 'trace=network', '-o', file, process.execPath, COMMAND, ...CLI, ...flags, HARD];
      const surroundings = { PATH: process.env['PATH'], TERRACE_HOME: home, TERRACE_MODELS_FOLDER: SHIPPED, ...env };
      const { stdout } = await promisify(execFile)('strace', args, { env: surroundings, cwd: folder });
      const answered = JSON.parse(stdout) as { placement: string };
      return { placement: answered.placement, calls: readFileSync(file, 'utf8').split('\n').filter(isInternet) };
    };
    const device = await traced('--residency', 'device');
    expect(device).toEqual({ placement: 'device', calls: [] });
    // The same look sees where a request goes that may.
    const anywhere = await traced();
    expect(anywhere.placement).toBe('cloud');
    expect(anywhere.calls.join()).toContain(`htons(${upstream.port})`);
  });
});

describe('what is personal', { timeout: LONG_MS }, () => {
  let server: ServeProcess;
  beforeAll(async () => {
    server = await startServe(home, ['--log-level', 'debug'], env);
  }, LONG_MS);
  afterAll(() => void server?.process.kill('SIGKILL'));

  const client = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 });
  const letter = (model: string) => ({ model, messages: [{ role: 'user' as const, content: LETTER }] });
  const lastSent = (): string => JSON.stringify(upstream.requests.at(-1)!.body);

  it('stays here when a chat goes to the cloud, and is in the answer again', async () => {
    const { choices } = await client().chat.completions.create(letter('cloud'));
    expect(choices[0]!.message.content).toBe(LETTER);
    for (const value of Object.values(PRIVATE)) expect(lastSent()).not.toContain(value);
    expect(lastSent()).toContain('write to [EMAIL_1] or call [PHONE_1] about card [CARD_1] and account [IBAN_1]');
  });

  it('is in a streamed answer again as well', async () => {
    const stream = await client().chat.completions.create({ ...letter('cloud'), stream: true });
    let text = '';
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    expect(text).toBe(LETTER);
    for (const value of Object.values(PRIVATE)) expect(lastSent()).not.toContain(value);
  });

  it('goes to the site as it is', async () => {
    await client().chat.completions.create(letter('site'));
    expect(lastSent()).toContain(LETTER);
  });

  it('stays here when a text is classified in the cloud, and the trace says how much of it there was', async () => {
    const text = `${HARD}, ${LETTER}`;
    const { stdout, code } = await cli([...CLI, '--policy', 'cloud', text]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Parameters<typeof eventsOf>[0] & { tier: string };
    expect(result.tier).toBe('cloud');
    expect(eventsOf(result, 'call')[0]!.redacted).toEqual({ email: 1, phone: 1, card: 1, iban: 1, badge: 1 });
    for (const value of Object.values(PRIVATE)) expect(lastSent()).not.toContain(value);
    expect(lastSent()).toContain(HARD);
  });

  it('is not kept anywhere, nor is any key told', async () => {
    const said: string[] = [];
    const ask = async (...args: string[]): Promise<void> => {
      const { stdout, stderr } = await cli(args);
      said.push(stdout, stderr);
    };
    const failures = [
      { status: 401, body: { error: { message: `${KEY} is wrong` } } },
      { status: 500, body: `<h1>${KEY}</h1>` },
      { content: `{"label":"${KEY}"}` },
    ];
    for (const failure of failures) {
      upstream.script({ chat: () => failure });
      await ask(...CLI, '--policy', 'cloud', HARD);
      said.push(
        String(
          await client()
            .chat.completions.create(letter('cloud'))
            .catch((error: Error) => error),
        ),
      );
    }
    upstream.script({ chat: answer });
    // A key that no header can carry.
    const broken = { [Object.keys(env)[0]!]: `${KEY}\u00e9` };
    const { stdout, stderr } = await cli([...CLI, '--policy', 'cloud', HARD], broken);
    said.push(stdout, stderr);
    expect(stdout).toContain('ENDPOINT_REFUSED');
    for (const args of [['tiers'], ['doctor', '--memory', '80MiB'], ['report'], ['queue', 'list']])
      await ask(...args, '--json');
    const all = said.join('\n') + server.log() + (await contentsOf(home));
    expect(server.log()).toContain('ENDPOINT_FAILED');
    const secrets = [KEY, HARD, LETTER, ...Object.values(PRIVATE)];
    expect(secrets.filter((secret) => all.includes(secret))).toEqual([]);
  });
});

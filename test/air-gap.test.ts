import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { homeOfThisFile } from './support/answers.js';
import { edited, linkedModels, replaceFile } from './support/linked-models.js';
import { COMMAND, SHIPPED, temporaryFolder, terrace, type Outcome } from './support/run-cli.js';
import { temporaryHome } from './support/temporary-home.js';

const STOLEN = 'how do i freeze my account after someone stole my card';
const OWNER = 'ACME Models';

interface Failure {
  readonly error: { code: string; message: string; hint: string };
}
interface KeyEntry {
  readonly keyId: string;
  readonly owner: string;
  readonly state: string;
  readonly own: boolean;
}
interface Answer {
  readonly output: { label: string };
  readonly tier: string;
  readonly verdict: { calibrated: boolean };
}
interface Shown {
  readonly publisher: string;
  readonly licence: string;
  readonly version: string | null;
  readonly signer: { kind: string; owner?: string; keyId?: string };
  readonly acceptance: { how: string; acceptedAt: string } | null;
}

/** The publisher's state folder, with one key and one bundle of clinc150. */
const publisher = homeOfThisFile();
const bundle = path.join(publisher, 'clinc150.terrace');
const keyFile = path.join(publisher, 'acme.key');

beforeAll(async () => {
  await done(['keys', 'create', '--owner', OWNER], publisher);
  await done(['keys', 'export', OWNER, '--out', keyFile], publisher);
  await done(['models', 'bundle', '--out', bundle, '--domain', 'clinc150'], publisher);
}, 60_000);

async function done(args: readonly string[], home: string, models = SHIPPED): Promise<Outcome> {
  const outcome = await terrace(args, { home, models });
  expect(outcome).toMatchObject({ code: 0 });
  return outcome;
}

async function refusal(args: readonly string[], home: string, models = SHIPPED): Promise<Failure['error']> {
  const outcome = await terrace([...args, '--json'], { home, models });
  expect(outcome.code).toBe(2);
  return outcome.json<Failure>().error;
}

/** A models folder without `base` and without the domain clinc150: hardly more than what a thin package brings. */
async function thinModels(): Promise<string> {
  const models = linkedModels();
  for (const name of [
    'encoders/base',
    'deltas/clinc150',
    'deltas/banking77/base',
    'deltas/banking77/calibration.json',
  ]) {
    rmSync(path.join(models, name), { recursive: true });
  }
  rmSync(path.join(models, 'catalog.json'));
  await done(['models', 'index', models], temporaryFolder(), models);
  return models;
}

/** Node without a way out: whatever opens a socket fails. */
const NO_NETWORK = `data:text/javascript,${encodeURIComponent(`
  import net from 'node:net';
  net.Socket.prototype.connect = function () { throw new Error('there is no network'); };
  globalThis.fetch = () => Promise.reject(new TypeError('there is no network'));
`)}`;

async function offline(args: readonly string[], home: string, models: string): Promise<Outcome> {
  const env = { PATH: process.env['PATH'], TERRACE_HOME: home, TERRACE_MODELS_FOLDER: models };
  const child = spawn(process.execPath, ['--import', NO_NETWORK, COMMAND, ...args], { env, cwd: home });
  const [out, err]: string[] = ['', ''];
  const read = { stdout: out!, stderr: err! };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (read.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (read.stderr += text));
  child.stdin.end();
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...read, json: <T>() => JSON.parse(read.stdout) as T };
}

describe('FIELD-BUGS 19: offline from a cold start, an air-gapped install', () => {
  it('a bundle makes a device answer that has neither the models nor a network', { timeout: 60_000 }, async () => {
    const home = temporaryHome();
    const models = await thinModels();
    const ask = ['run', STOLEN, '--domain', 'clinc150', '--policy', 'base', '--json'];
    expect((await offline(ask, home, models)).code).toBe(2);
    expect(await offline(['keys', 'trust', keyFile], home, models)).toMatchObject({ code: 0 });
    expect(await offline(['models', 'import', bundle], home, models)).toMatchObject({ code: 0, stderr: '' });
    const answer = await offline(ask, home, models);
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(answer.json<Answer>()).toMatchObject({ tier: 'base', output: { label: 'freeze_account' } });
    const cascade = await offline(['run', STOLEN, '--domain', 'clinc150', '--json'], home, models);
    expect(cascade.json<Answer>().verdict.calibrated).toBe(true);
    expect(await offline(['models', 'verify'], home, models)).toMatchObject({ code: 0 });
  });
});

describe('terrace models import', () => {
  it('refuses a bundle of somebody unknown, and says how to trust them', async () => {
    const home = temporaryHome();
    const { code, hint } = await refusal(['models', 'import', bundle], home);
    expect(code).toBe('SIGNER_UNTRUSTED');
    expect(hint).toContain('terrace keys trust');
    expect(existsSync(path.join(home, 'models', 'catalog.json'))).toBe(false);
  });

  it('makes `models show` say publisher, signer, licence and version', { timeout: 30_000 }, async () => {
    const home = temporaryHome();
    const before = (await done(['models', 'show', 'nano', '--json'], home)).json<Shown>();
    expect(before).toMatchObject({ signer: { kind: 'unsigned' }, acceptance: null, version: null });
    await done(['keys', 'trust', keyFile], home);
    await done(['models', 'import', bundle], home);
    const shown = (await done(['models', 'show', 'nano', '--json'], home)).json<Shown>();
    expect(shown).toMatchObject({
      publisher: 'Terrace',
      licence: 'Apache-2.0',
      signer: { kind: 'trusted', owner: OWNER },
      acceptance: { how: 'policy' },
    });
    expect((await done(['models', 'show', 'clinc150/nano'], home)).stdout).toMatch(
      /signer +ACME Models \([0-9a-f]{12}\)/,
    );
    await done(['keys', 'revoke', OWNER], home);
    const text = (await done(['models', 'show', 'nano'], home)).stdout;
    expect(text).toMatch(/signer +untrusted: the key [0-9a-f]{12} is revoked/);
    expect(text).toMatch(/version +not stated/);
  });

  it('leaves the old models or the new ones, whenever it is killed', { timeout: 120_000 }, async () => {
    const home = temporaryHome();
    await done(['keys', 'trust', keyFile], home);
    const fromMs = performance.now();
    await done(['models', 'import', bundle], home);
    const usualMs = performance.now() - fromMs;
    const states = new Set<string>();
    for (let i = 0; i < 8; i++) {
      for (const name of ['models', 'store']) rmSync(path.join(home, name), { recursive: true, force: true });
      const env = { PATH: process.env['PATH'], TERRACE_HOME: home, TERRACE_MODELS_FOLDER: SHIPPED };
      const child = spawn(process.execPath, [COMMAND, 'models', 'import', bundle], { env, stdio: 'ignore' });
      const ended = once(child, 'exit');
      await sleep(usualMs * (0.3 + i * 0.1));
      child.kill('SIGKILL');
      await ended;
      const listed = await done(['models', 'list', '--json'], home);
      const { models } = listed.json<{ models: { id: string; origin: string }[] }>();
      const added = models.filter(({ origin }) => origin === 'added').map(({ id }) => id);
      states.add(added.join(' '));
      expect(await terrace(['models', 'verify'], { home })).toMatchObject({ code: 0 });
    }
    for (const state of states) expect(['', 'nano small base']).toContain(state);
    await done(['models', 'import', bundle], home);
  });

  it('stops when it is interrupted, and leaves nothing', { timeout: 30_000 }, async () => {
    const home = temporaryHome();
    await done(['keys', 'trust', keyFile], home);
    const env = { PATH: process.env['PATH'], TERRACE_HOME: home, TERRACE_MODELS_FOLDER: SHIPPED };
    const child = spawn(process.execPath, [COMMAND, 'models', 'import', bundle], { env, stdio: 'ignore' });
    const incoming = path.join(home, 'models', '.incoming');
    while (child.exitCode === null && !(existsSync(incoming) && readdirSync(incoming).length > 0)) await sleep(1);
    child.kill('SIGINT');
    await once(child, 'exit');
    // It may have been too late: then everything is there.
    const files = readdirSync(incoming, { recursive: true });
    expect(files).toEqual([]);
    expect(await terrace(['models', 'verify'], { home })).toMatchObject({ code: 0 });
  });
});

describe('rotation', () => {
  it(
    'a device that trusts the old key takes a bundle of the new one; one that revoked it does not',
    { timeout: 60_000 },
    async () => {
      const [maker, trusting, revoking] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
      const [out, file] = [path.join(maker, 'nano.terrace'), path.join(maker, 'acme.key')];
      await done(['keys', 'create', '--owner', OWNER], maker);
      await done(['keys', 'export', OWNER, '--out', file], maker);
      for (const home of [trusting, revoking]) await done(['keys', 'trust', file], home);
      const { keyId } = (await done(['keys', 'rotate', OWNER, '--json'], maker)).json<KeyEntry>();
      await done(['models', 'bundle', 'nano', '--out', out], maker);
      await done(['keys', 'revoke', OWNER], revoking);
      expect(await refusal(['models', 'import', out], revoking)).toMatchObject({ code: 'SIGNER_UNTRUSTED' });
      expect((await done(['models', 'import', out], trusting)).stdout).toContain('an older key vouched for it');
      const { keys } = (await done(['keys', 'list', '--json'], trusting)).json<{ keys: KeyEntry[] }>();
      expect(keys).toContainEqual(expect.objectContaining({ keyId, owner: OWNER, state: 'trusted', own: false }));
    },
  );
});

describe('signatures of folders', () => {
  it('a signed folder is used; changed, its signature counts for nothing', { timeout: 30_000 }, async () => {
    const models = linkedModels();
    const home = temporaryHome();
    await done(['keys', 'create', '--owner', OWNER], home);
    const { files } = (await done(['keys', 'sign', models, '--json'], home)).json<{ files: string[] }>();
    expect(files).toContain('catalog.sig.json');
    expect(files).toHaveLength(7);
    const shown = (await done(['models', 'show', 'clinc150/base', '--json'], home, models)).json<Shown>();
    expect(shown.signer).toMatchObject({ kind: 'trusted', owner: OWNER });
    const elsewhere = await done(['models', 'list'], temporaryFolder(), models);
    expect(elsewhere.stderr).toContain('untrusted');
    replaceFile(
      models,
      'catalog.json',
      edited<{ models: { publisher: string }[] }>((catalog) => (catalog.models[0]!.publisher = 'Else')),
    );
    expect((await done(['models', 'list'], home, models)).stderr).toContain('counts for nothing');
  });

  it(
    'where they are required, what nobody signed is not added, not imported and not used',
    { timeout: 60_000 },
    async () => {
      const home = temporaryHome();
      const unsigned = path.join(home, 'nano.terrace');
      const config = path.join(home, 'terrace.config.json');
      await done(['models', 'bundle', 'nano', '--out', unsigned, '--no-sign'], home);
      writeFileSync(config, JSON.stringify({ requireSignatures: true }));
      const folder = path.join(SHIPPED, 'encoders/nano');
      for (const args of [
        ['models', 'add', folder],
        ['models', 'import', unsigned, '--allow-unsigned'],
      ]) {
        expect(await refusal(args, home)).toMatchObject({ code: 'SIGNER_UNTRUSTED' });
      }
      rmSync(config);
      await done(['models', 'add', folder], home);
      writeFileSync(config, JSON.stringify({ requireSignatures: true }));
      const ask = ['run', STOLEN, '--domain', 'clinc150'];
      expect(await refusal(ask, home)).toMatchObject({
        code: 'SIGNER_UNTRUSTED',
        hint: expect.stringContaining('models remove') as string,
      });
      await done(['keys', 'trust', keyFile], home);
      await done(['models', 'import', bundle], home);
      await done(ask, home);
    },
  );
});

describe('terrace keys', () => {
  it('prints no private key, whatever is asked', { timeout: 30_000 }, async () => {
    const home = temporaryHome();
    const made = await done(['keys', 'create', '--owner', OWNER, '--not-after', '2099-01-01', '--json'], home);
    const { keyId } = made.json<KeyEntry>();
    const file = path.join(home, 'keys', `${keyId}.pem`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const secret = readFileSync(file, 'utf8').split('\n')[1]!;
    const out = path.join(home, 'k.key');
    const outcomes = [made];
    for (const args of [
      ['list'],
      ['export', keyId, '--out', out],
      ['rotate', keyId],
      ['revoke', keyId.slice(0, 10)],
      ['list'],
    ]) {
      outcomes.push(await done(['keys', ...args, '--json'], home));
    }
    const printed = outcomes.map(({ stdout, stderr }) => stdout + stderr).join('') + readFileSync(out, 'utf8');
    expect(printed).not.toContain(secret);
    expect(
      outcomes
        .at(-1)!
        .json<{ keys: KeyEntry[] }>()
        .keys.map(({ state, own }) => [state, own]),
    ).toEqual([
      ['revoked', true],
      ['trusted', true],
    ]);
  });

  it.each([
    ['no action', [], 'INVALID_REQUEST'],
    ['an unknown action', ['polish'], 'INVALID_REQUEST'],
    ['no owner', ['create'], 'USAGE'],
    ['a date that is none', ['create', '--owner', 'a', '--not-after', 'soon'], 'USAGE'],
    ['a key that is not there', ['revoke', 'nobody'], 'INVALID_REQUEST'],
    ['a file that is not there', ['trust', '/no/such/file'], 'INVALID_REQUEST'],
    ['nothing to sign with', ['sign', SHIPPED], 'INVALID_REQUEST'],
  ])('refuses %s', async (_, args, code) => {
    const outcome = await terrace(['keys', ...args, '--json'], { home: temporaryHome() });
    expect(outcome.code).not.toBe(0);
    expect(outcome.json<Failure>().error.code).toBe(code);
  });
});

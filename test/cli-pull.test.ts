import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { seededRandom } from '@terrace/core/testing';
import { createNodeRuntime } from '@terrace/node-host';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startFakeHub } from './support/fake-hub.js';
import { killAtRandom, startVictim } from './support/kill-at-random.js';
import { edited, linkedModels, replaceFile } from './support/linked-models.js';
import { canMount, mountReadOnly, mountSmallDisk } from './support/mounts.js';
import { nanoModelsOfThisFile } from './support/nano-models.js';
import { COMMAND, SHIPPED, temporaryFolder, terrace } from './support/run-cli.js';
import { temporaryHome } from './support/temporary-home.js';
import { serveSlowly, type ThrottledServer } from './support/throttled-server.js';
import { writeTinyClassifier } from './support/tiny-classifier.js';

interface Pulled {
  readonly files: readonly { path: string; bytes: number; sha256: string; state: string }[];
  readonly installed: readonly { kind: string; id: string }[];
  readonly present: readonly string[];
  readonly fetchedBytes: number;
}
interface Listing {
  readonly models: readonly { id: string; variants: readonly { dtype: string; presence: string }[] }[];
  readonly domains: readonly { calibration: object | null }[];
}
interface Failure {
  readonly error: { code: string; message: string; hint: string; facts?: Record<string, unknown> };
}
interface Answer {
  readonly output: { label: string };
  readonly tier: string;
}

const HARD = 'how do i freeze my account after someone stole my card';
/** The bundled one: a thread inherits Vitest's condition for sources, with which another would look for core there. */
const BUILT_WORKER = new URL('../packages/node-host/dist/bundle/engine-worker.js', import.meta.url);
const FAST = 2 ** 30;
const LONG_MS = 60_000;

async function serve(folder = SHIPPED, bytesPerSecond = FAST): Promise<ThrottledServer> {
  const server = await serveSlowly(folder, bytesPerSecond);
  onTestFinished(() => server.close());
  return server;
}

/** A device that came with the smallest model only: what is added goes into its state folder. */
const nanoModels = nanoModelsOfThisFile();
const nanoOnly = () => ({ home: temporaryHome(), models: nanoModels });

const objectsOf = (home: string): string[] => {
  const folder = path.join(home, 'store/sha256');
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.length > 60)
    : [];
};
const incomingOf = (home: string): string[] => {
  const folder = path.join(home, 'store/incoming');
  return existsSync(folder) ? readdirSync(folder) : [];
};
const presenceOf = async (device: { home: string; models: string }): Promise<Record<string, string[]>> => {
  const { models } = (await terrace(['models', 'list', '--json'], device)).json<Listing>();
  return Object.fromEntries(models.map(({ id, variants }) => [id, variants.map(({ presence }) => presence)]));
};

describe('terrace models pull', () => {
  it(
    'brings a domain with the models it needs, and answers with them without a network',
    { timeout: LONG_MS },
    async () => {
      const device = nanoOnly();
      const server = await serve();
      const first = await terrace(
        ['models', 'pull', server.url, '--domain', 'clinc150', '--dtype', 'int8', '--json'],
        device,
      );
      expect(first).toMatchObject({ code: 0, stderr: '' });
      const { installed, present, files, fetchedBytes } = first.json<Pulled>();
      expect(installed.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
        'model small',
        'model base',
        'delta clinc150/base',
        'delta clinc150/small',
        'calibration clinc150',
      ]);
      expect(present).toContain('clinc150/nano');
      expect(fetchedBytes).toBe(files.reduce((sum, { bytes }) => sum + bytes, 0));
      await server.close();

      const answer = (await terrace(['run', HARD, '--domain', 'clinc150', '--json'], device)).json<Answer>();
      expect(answer).toMatchObject({ tier: 'base', output: { label: 'freeze_account' } });
      const verified = await terrace(['models', 'verify', '--json'], device);
      expect(verified).toMatchObject({ code: 0 });
      expect(verified.json<{ files: { path: string }[] }>().files.map(({ path: file }) => file)).toContainEqual(
        expect.stringContaining('/store/sha256/'),
      );
      // Weights are kept once: the overlay has the manifest and the small files.
      const overlay = readdirSync(path.join(device.home, 'models/models/base'));
      expect(overlay).toContain('model.json');
      expect(overlay.filter((name) => name.endsWith('.onnx'))).toEqual([]);
    },
  );

  it('fetches nothing the second time', { timeout: LONG_MS }, async () => {
    const device = nanoOnly();
    const server = await serve();
    const pull = ['models', 'pull', server.url, 'small', '--json'];
    await terrace(pull, device);
    const again = (await terrace(pull, device)).json<Pulled>();
    expect(again).toMatchObject({ installed: [], present: ['small'], fetchedBytes: 0 });
  });

  it('takes a folder as it takes an address, and says what it will do', { timeout: LONG_MS }, async () => {
    const device = nanoOnly();
    const { code, stdout } = await terrace(['models', 'pull', SHIPPED, 'small'], device);
    expect(code).toBe(0);
    expect(stdout).toMatch(/models {2}small/);
    expect(stdout).toMatch(/to fetch +13\.1 MiB +8d2685aa539f +encoders\/small\/model_int8\.onnx/);
    expect(stdout).toMatch(/installed model small; 13\.\d MiB fetched/);
  });

  it('takes the address of one model, whose tokenizer lies in the folder around it', { timeout: LONG_MS }, async () => {
    const device = nanoOnly();
    const server = await serve();
    const pulled = await terrace(['models', 'pull', `${server.url}encoders/small/`, '--json'], device);
    expect(pulled.json<Pulled>().installed).toEqual([{ kind: 'model', id: 'small' }]);
    expect(await presenceOf(device)).toMatchObject({ small: ['here'] });
  });

  it('fetches weights that are gone when they are next needed', { timeout: LONG_MS }, async () => {
    const device = nanoOnly();
    const server = await serve();
    await terrace(['models', 'pull', server.url, '--domain', 'clinc150', '--dtype', 'int8'], device);
    rmSync(path.join(device.home, 'store/sha256'), { recursive: true });
    expect(await presenceOf(device)).toEqual({ nano: ['here'], small: ['fetchable'], base: ['fetchable'] });
    expect((await terrace(['models', 'verify'], device)).code).toBe(0);
    const asked = ['run', HARD, '--domain', 'clinc150', '--policy', 'base', '--json'];
    expect((await terrace(asked, device)).json<Answer>()).toMatchObject({ tier: 'base' });
    expect(await presenceOf(device)).toMatchObject({ base: ['here'] });
  });

  it(
    'FIELD-BUGS 11: two processes that pull one model both succeed, and store it once',
    { timeout: LONG_MS },
    async () => {
      const device = nanoOnly();
      const server = await serve(SHIPPED, 8 * 2 ** 20);
      const pull = (): ReturnType<typeof terrace> => terrace(['models', 'pull', server.url, 'small', '--json'], device);
      const both = await Promise.all([pull(), pull()]);
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      expect((await terrace(['models', 'verify'], device)).code).toBe(0);
      expect(incomingOf(device.home)).toEqual([]);
    },
  );

  it('FIELD-BUGS 13: goes on after kill -9 at any moment, and ends whole', { timeout: 2 * LONG_MS }, async () => {
    const device = nanoOnly();
    const server = await serve(SHIPPED, 12 * 2 ** 20);
    const random = seededRandom(7);
    const env = { TERRACE_HOME: device.home, TERRACE_MODELS_FOLDER: device.models };
    for (let kill = 0; kill < 4; kill++) {
      const victim = startVictim({ args: [COMMAND, 'models', 'pull', server.url, 'small'], env });
      await killAtRandom({ victim, withinMs: 1500, random });
      expect((await terrace(['models', 'verify'], device)).code).toBe(0);
    }
    expect((await terrace(['models', 'pull', server.url, 'small', '--json'], device)).code).toBe(0);
    expect(await presenceOf(device)).toMatchObject({ small: ['here'] });
    expect((await terrace(['models', 'verify'], device)).code).toBe(0);
  });

  it('keeps what it has when it is interrupted, and asks for the rest only', { timeout: LONG_MS }, async () => {
    const device = nanoOnly();
    const server = await serve(SHIPPED, 4 * 2 ** 20);
    const env = { TERRACE_HOME: device.home, TERRACE_MODELS_FOLDER: device.models };
    const victim = startVictim({ args: [COMMAND, 'models', 'pull', server.url, 'small'], env });
    const part = (): string | undefined => incomingOf(device.home).find((name) => name.endsWith('.part'));
    const sizeOfPart = (): number => {
      const name = part();
      return name
        ? (statSync(path.join(device.home, 'store/incoming', name), { throwIfNoEntry: false })?.size ?? 0)
        : 0;
    };
    while (sizeOfPart() < 1_000_000 && victim.child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 10));
    victim.child.kill('SIGINT');
    await victim.ended;
    expect(sizeOfPart()).toBeGreaterThan(1_000_000);
    expect(server.resumed()).toBe(0);
    expect((await terrace(['models', 'pull', server.url, 'small'], device)).code).toBe(0);
    expect(server.resumed()).toBe(1);
  });
});

describe('terrace models pull refuses', () => {
  const refusal = async (args: readonly string[], device: { home: string; models: string }) => {
    const { code, ...refused } = await terrace(['models', 'pull', ...args, '--json'], device);
    return { exit: code, ...refused.json<Failure>().error };
  };

  it('a catalog that names a file twice with two contents', async () => {
    const device = nanoOnly();
    const models = linkedModels();
    const change = edited<{ models: { id: string; tokenizer: { sha256: string } }[] }>((catalog) => {
      catalog.models[1]!.tokenizer.sha256 = 'a'.repeat(64);
    });
    replaceFile(models, 'catalog.json', change);
    const server = await serve(models);
    const error = await refusal([server.url], device);
    expect(error).toMatchObject({ exit: 2, code: 'INVALID_CATALOG', facts: { path: 'encoders/tokenizer.json' } });
    expect([objectsOf(device.home), existsSync(path.join(device.home, 'models'))]).toEqual([[], false]);
  });

  it('what the source does not have, and names what it has', async () => {
    const error = await refusal([SHIPPED, 'huge'], nanoOnly());
    expect(error).toMatchObject({ exit: 2, code: 'INVALID_REQUEST' });
    expect(error.hint).toContain('base');
  });

  it('a model that is known by its hashes alone, and says how its files are given', async () => {
    const { code, json } = await terrace(['models', 'pull', 'smollm2', '--json'], { home: temporaryHome() });
    expect(code).toBe(2);
    expect(json<Failure>().error.hint).toContain('terrace models pull smollm2 --from FOLDER');
  });

  it('an address without encryption, unless it is this host', async () => {
    const error = await refusal(['http://models.invalid/'], nanoOnly());
    expect(error).toMatchObject({ exit: 1, code: 'DOWNLOAD_FAILED' });
    expect(error.hint).toContain('--allow-http');
  });

  it('a licence that nobody accepted, and takes it when it is named', { timeout: LONG_MS }, async () => {
    const device = nanoOnly();
    const models = linkedModels();
    const change = edited<{ models: { id: string; licence: string }[] }>((catalog) => {
      for (const model of catalog.models) if (model.id === 'small') model.licence = 'Own-1.0';
    });
    replaceFile(models, 'catalog.json', change);
    expect((await refusal([models, 'small'], device)).message).toContain('Own-1.0');
    expect(objectsOf(device.home)).toEqual([]);
    const { code } = await terrace(['models', 'pull', models, 'small', '--accept-licence', 'Own-1.0'], device);
    expect(code).toBe(0);
  });

  it('weights that are wrong, and leaves nothing of them', async () => {
    const device = nanoOnly();
    const models = linkedModels();
    replaceFile(models, 'encoders/small/model_int8.onnx', (content) => content.fill(7, 100, 200));
    const server = await serve(models);
    const error = await refusal([server.url, 'small'], device);
    expect(error).toMatchObject({ exit: 1, code: 'ARTIFACT_CORRUPT' });
    expect(incomingOf(device.home)).toEqual([]);
    expect(await presenceOf(device)).toEqual({ nano: ['here'] });
  });

  it.skipIf(!canMount)('a disk without room above its reserve, before anything is written', async () => {
    const device = nanoOnly();
    mountSmallDisk(device.home, 32 * 2 ** 20);
    const error = await refusal([SHIPPED, 'small'], device);
    expect(error).toMatchObject({ exit: 1, code: 'STORAGE_FAILED', facts: { reserveBytes: expect.any(Number) } });
    expect(objectsOf(device.home)).toEqual([]);
  });

  it.skipIf(!canMount)('a read-only state folder', async () => {
    const device = nanoOnly();
    mountReadOnly(device.home);
    expect(await refusal([SHIPPED, 'small'], device)).toMatchObject({ exit: 1, code: 'STORAGE_FAILED' });
  });
});

describe('a repository of the hub', () => {
  it('is pulled at one commit through a mirror, and answers', { timeout: LONG_MS }, async () => {
    const [home, folder] = [temporaryFolder(), path.join(temporaryFolder(), 'tiny')];
    writeTinyClassifier(folder);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(path.join(folder, name)).isFile(),
    );
    const files = new Map(names.map((name) => [name, readFileSync(path.join(folder, name))]));
    files.set('README.md', Buffer.from('---\nlicense: apache-2.0\nlanguage: en\n---\n'));
    files.set('pytorch_model.bin', Buffer.alloc(1000));
    const hub = await startFakeHub('someone/tiny', files);
    writeFileSync(path.join(home, 'terrace.config.json'), JSON.stringify({ hub: hub.address }));
    const pulled = await terrace(['models', 'pull', 'hf:someone/tiny', '--json'], { home });
    expect(pulled).toMatchObject({ code: 0 });
    expect(pulled.json<Pulled>().installed).toEqual([{ kind: 'model', id: 'tiny' }]);
    const asked = hub.requests.map(({ path: each }) => each);
    expect(asked.some((each) => each.includes('pytorch_model'))).toBe(false);
    expect(hub.requests.some(({ host }) => host === 'storage')).toBe(true);
    const shown = (await terrace(['models', 'show', 'tiny', '--json'], { home })).json<{
      source: string;
      publisher: string;
    }>();
    expect(shown).toMatchObject({ publisher: 'someone', licence: 'apache-2.0' });
    expect(shown.source).toMatch(new RegExp(`^hf:someone/tiny@${hub.commit}`));
    const run = await terrace(['run', 'hello', '--task', 'text-classification', '--policy', 'tiny', '--json'], {
      home,
    });
    expect(run.json<Answer>().tier).toBe('tiny');
    // The source in the manifest leads back to the file.
    rmSync(path.join(home, 'store/sha256'), { recursive: true });
    const again = await terrace(['run', 'hello', '--task', 'text-classification', '--policy', 'tiny', '--json'], {
      home,
    });
    expect(again.json<Answer>().tier).toBe('tiny');
  });
});

describe('terrace models remove and gc', () => {
  it('takes a base away with its deltas only, and then frees its weights', { timeout: LONG_MS }, async () => {
    const device = nanoOnly();
    await terrace(['models', 'pull', SHIPPED, '--domain', 'clinc150', '--dtype', 'int8'], device);
    const refused = await terrace(['models', 'remove', 'base', '--json'], device);
    expect(refused.code).toBe(2);
    expect(refused.json<Failure>().error.message).toContain('clinc150/base');
    const kept = (await terrace(['models', 'gc', '--json'], device)).json<{ freedBytes: number }>();
    expect(kept.freedBytes).toBeLessThan(2 ** 20);

    const removed = await terrace(['models', 'remove', 'base', '--with-deltas', '--json'], device);
    expect(removed.json()).toMatchObject({ models: ['base'], deltas: ['clinc150/base'] });
    const before = objectsOf(device.home).length;
    const dry = (await terrace(['models', 'gc', '--dry-run', '--json'], device)).json<{ freedBytes: number }>();
    expect(dry.freedBytes).toBeGreaterThan(18 * 2 ** 20);
    expect(objectsOf(device.home)).toHaveLength(before);
    const freed = (await terrace(['models', 'gc', '--json'], device)).json<{ freedBytes: number }>();
    expect(freed.freedBytes).toBe(dry.freedBytes);
    expect(await presenceOf(device)).toEqual({ nano: ['here'], small: ['here'] });
    expect((await terrace(['run', HARD, '--domain', 'clinc150', '--json'], device)).code).toBe(0);
  });

  it('leaves a running process the weights it answers with', { timeout: LONG_MS }, async () => {
    const device = nanoOnly();
    await terrace(['models', 'pull', SHIPPED, '--domain', 'clinc150', '--dtype', 'int8'], device);
    // It looks for another catalog each second: here it has not looked yet when files are freed, however slow the machine is.
    vi.useFakeTimers({ toFake: ['setInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const runtime = await createNodeRuntime({
      home: device.home,
      modelsFolder: device.models,
      engineWorkerUrl: BUILT_WORKER,
    });
    await terrace(['models', 'remove', 'base', '--with-deltas'], device);
    // Manifests are in no catalog: they go.
    const during = (await terrace(['models', 'gc', '--json'], device)).json<{ freedBytes: number }>();
    expect(during.freedBytes).toBeLessThan(2 ** 20);
    const { weights } = runtime.models.current().models.find(({ id }) => id === 'base')!.variants[0]!;
    expect(runtime.models.presence(weights)).toBe('here');
    expect((await runtime.run({ text: HARD, domain: 'clinc150', policy: 'base' })).tier).toBe('base');
    await runtime.close();
    const after = (await terrace(['models', 'gc', '--json'], device)).json<{ freedBytes: number }>();
    expect(after.freedBytes).toBeGreaterThan(18 * 2 ** 20);
  });

  it('takes a domain away, and refuses what ships or is not there', { timeout: LONG_MS }, async () => {
    const device = nanoOnly();
    await terrace(['models', 'pull', SHIPPED, '--domain', 'banking77', '--dtype', 'int8'], device);
    expect((await terrace(['models', 'remove', 'banking77', '--json'], device)).json()).toMatchObject({
      deltas: ['banking77/base', 'banking77/nano', 'banking77/small'],
    });
    for (const id of ['nano', 'nothing']) {
      expect((await terrace(['models', 'remove', id, '--json'], device)).code).toBe(2);
    }
    const { domains } = (await terrace(['models', 'list', '--json'], device)).json<Listing>();
    expect(domains).toHaveLength(1);
  });
});

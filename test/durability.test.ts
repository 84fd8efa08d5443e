import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { StorageError } from '@terrace/core';
import { createNodeRuntime, openSqliteLedger, type NodeRuntime } from '@terrace/node-host';
import { expect, it, onTestFinished } from 'vitest';
import { startVictim } from './support/kill-at-random.js';
import { canMount, mountReadOnly, mountSmallDisk } from './support/mounts.js';
import { writeRows } from './support/rows.js';
import { COMMAND, SHIPPED, temporaryFolder, terrace } from './support/run-cli.js';

const BUILT_WORKER = new URL('../packages/node-host/dist/bundle/engine-worker.js', import.meta.url);
const QUESTION = { text: 'what is my credit score', domain: 'clinc150' } as const;
const DISK_BYTES = 2 ** 20;
// Loads a model, and waits for a retry of some hundred milliseconds.
const ONE_LOAD_MS = 20_000;

async function open(home: string): Promise<{ runtime: NodeRuntime; failures: unknown[] }> {
  const failures: unknown[] = [];
  const onFailure = (error: unknown): void => void failures.push(error);
  const runtime = await createNodeRuntime({ home, onFailure, engineWorkerUrl: BUILT_WORKER });
  onTestFinished(() => runtime.close());
  return { runtime, failures };
}

const stored = async (home: string): Promise<string[]> => {
  const ledger = await openSqliteLedger({ file: path.join(home, 'ledger.db') });
  const outcomes = await ledger.outcomes({ limit: 1000 });
  await ledger.close();
  return outcomes.map(({ requestId }) => requestId).toReversed();
};

it(
  'answers where its folder cannot be made, says so once, and keeps the records once it can',
  { timeout: ONE_LOAD_MS },
  async () => {
    const blocked = path.join(temporaryFolder(), 'state');
    writeFileSync(blocked, 'a file in the way');
    const { runtime, failures } = await open(blocked);
    const first = await runtime.run(QUESTION);
    await expect(runtime.flush()).rejects.toSatisfy(StorageError.isInstance.bind(StorageError));
    const second = await runtime.run(QUESTION);
    await expect(runtime.flush()).rejects.toSatisfy(StorageError.isInstance.bind(StorageError));
    while (failures.length === 0) await new Promise((resolve) => void setTimeout(resolve, 20));
    expect(failures).toMatchObject([{ code: StorageError.code }]);
    rmSync(blocked);
    await runtime.flush();
    expect(await stored(blocked)).toEqual([first.requestId, second.requestId]);
  },
);

it.skipIf(!canMount)(
  'answers on a full disk, and is durable again by itself when there is room (needs root to mount)',
  { timeout: ONE_LOAD_MS },
  async () => {
    const home = path.join(temporaryFolder(), 'disk');
    mountSmallDisk(home, DISK_BYTES);
    const { runtime, failures } = await open(home);
    const before = await runtime.run(QUESTION);
    await runtime.flush();
    const ballast = path.join(home, 'ballast');
    fill(ballast);
    const ids = [before.requestId];
    for (let i = 0; i < 40; i++) ids.push((await runtime.run(QUESTION)).requestId);
    await expect(runtime.flush()).rejects.toMatchObject({ code: StorageError.code });
    while (failures.length === 0) await new Promise((resolve) => void setTimeout(resolve, 20));
    expect(failures).toHaveLength(1);
    rmSync(ballast);
    // Nobody asks for it: the recorder tries again by itself.
    while ((await stored(home)).length < ids.length) await new Promise((resolve) => void setTimeout(resolve, 100));
    expect(await stored(home)).toEqual(ids);
    await expect(runtime.flush()).resolves.toBeUndefined();
  },
);

it.skipIf(!canMount)(
  'starts and answers on a disk that is full already (needs root to mount)',
  { timeout: ONE_LOAD_MS },
  async () => {
    const home = path.join(temporaryFolder(), 'disk');
    mountSmallDisk(home, DISK_BYTES);
    fill(path.join(home, 'ballast'));
    const { runtime } = await open(home);
    const { requestId } = await runtime.run(QUESTION);
    await expect(runtime.flush()).rejects.toMatchObject({ code: StorageError.code });
    rmSync(path.join(home, 'ballast'));
    await runtime.flush();
    expect(await stored(home)).toEqual([requestId]);
  },
);

it.skipIf(!canMount)(
  'answers from a read-only folder, and doctor says what that costs (needs root to mount)',
  { timeout: ONE_LOAD_MS },
  async () => {
    const home = temporaryFolder();
    mountReadOnly(home);
    const outcome = await terrace(['run', QUESTION.text, '--domain', QUESTION.domain, '--json'], { home });
    expect(outcome.code).toBe(0);
    expect(outcome.stderr.match(/ledger/g)).not.toBeNull();
    const { code, stdout } = await terrace(['doctor'], { home });
    expect(code).toBe(1);
    expect(stdout).toMatch(/problem {2}state folder .* Answers go on; their records wait in memory/);
    expect(readdirSync(home)).toEqual([]);
  },
);

it('answers though its ledger is damaged, and sets it aside', { timeout: ONE_LOAD_MS }, async () => {
  const home = temporaryFolder();
  writeFileSync(path.join(home, 'ledger.db'), 'a shopping list\n'.repeat(500));
  const { runtime, failures } = await open(home);
  const { requestId } = await runtime.run(QUESTION);
  await runtime.flush();
  expect(await stored(home)).toEqual([requestId]);
  expect(failures).toMatchObject([{ message: expect.stringContaining('was set aside as') }]);
});

it('ends a long command with 130 on SIGINT, and writes nothing of it', { timeout: ONE_LOAD_MS }, async () => {
  const home = temporaryFolder();
  const out = path.join(home, 'calibration.json');
  const rows = writeRows(
    Array.from({ length: 5000 }, (_, i) => ({ text: `what is the weather ${i}`, label: 'weather' })),
  );
  const args = [COMMAND, 'calibrate', '--domain', 'clinc150', '--data', rows, '--out', out];
  const env = { TERRACE_HOME: home, TERRACE_MODELS_FOLDER: SHIPPED };
  const victim = startVictim({ args, env });
  // The device has been measured by then, and rows are being asked.
  while (!existsSync(path.join(home, 'device.json'))) await new Promise((resolve) => void setTimeout(resolve, 20));
  victim.child.kill('SIGINT');
  expect(await victim.ended).toBe(130);
  expect(victim.stderr()).toContain('stopped by SIGINT');
  expect(existsSync(out)).toBe(false);
  expect(readdirSync(home).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

/** Takes all the room there is. */
function fill(file: string): void {
  for (let bytes = DISK_BYTES; bytes >= 1024;) {
    try {
      writeFileSync(file, Buffer.alloc(bytes), { flag: 'a' });
    } catch {
      bytes = Math.floor(bytes / 2);
    }
  }
}

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NoTierFitsError, UnknownDomainError, type Result } from '@terrace/core';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { createNodeRuntime, type NodeRuntime, type NodeRuntimeOptions } from './create-node-runtime.js';
import { BUILT_WORKER } from './engine/testing/shipped-model.js';
import { openSqliteLedger } from './ledger/sqlite-ledger.js';

const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-runtime-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const COMMAND = fileURLToPath(new URL('../bin/terrace.js', import.meta.url));
const HARD = 'how do i freeze my account after someone stole my card';
const TEXTS = [HARD, 'what is my credit score', 'is it any good at all', 'как заморозить мой счет'];

async function open(options: NodeRuntimeOptions = {}): Promise<NodeRuntime> {
  const runtime = await createNodeRuntime({ home, engineWorkerUrl: BUILT_WORKER, ...options });
  onTestFinished(() => runtime.close());
  return runtime;
}

/** What does not depend on the moment. */
const essence = ({
  output,
  tier,
  placement,
  confidence,
  verdict,
}: Omit<Result, 'path' | 'requestId' | 'trace'>): unknown =>
  JSON.parse(JSON.stringify({ output, tier, placement, confidence, verdict })) as unknown;

/** Equal but for what a shared run changes: 8-bit kernels scale activations over all texts in it. */
const nearly = (value: unknown): unknown => {
  if (typeof value === 'number') return expect.closeTo(value, 1);
  if (Array.isArray(value)) return value.map(nearly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, nearly(each)]));
};

/** The same requests of the command, in one process. */
async function command(texts: readonly string[]): Promise<Result[]> {
  const args = [COMMAND, 'run', '--domain', 'clinc150', '--max-risk', '2%', '--home', home, '-'];
  const running = promisify(execFile)(process.execPath, args);
  running.child.stdin!.end(texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const { stdout } = await running;
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Result);
}

// Starts the command twice beside a runtime of its own: some seconds on a busy machine.
it('answers as the command does', { timeout: 60_000 }, async () => {
  const runtime = await open();
  const answers: Result[] = [];
  for (const text of TEXTS) answers.push(await runtime.run({ domain: 'clinc150', text, maxRisk: 0.02 }));
  expect(answers.map(essence)).toEqual(nearly((await command(TEXTS)).map(essence)));
});

it('streams the steps, the answer so far and, last, the result', async () => {
  const runtime = await open();
  const kinds: string[] = [];
  for await (const step of runtime.stream({ domain: 'clinc150', text: HARD })) kinds.push(step.kind);
  expect(kinds[0]).toBe('trace');
  expect(kinds.at(-1)).toBe('result');
  expect(kinds).toContain('answer');
});

it('answers many at once as one after the other', async () => {
  const runtime = await open();
  const ask = (text: string) => runtime.run({ domain: 'clinc150', text }).then(essence);
  const alone: unknown[] = [];
  for (const text of TEXTS) alone.push(await ask(text));
  expect(await Promise.all([...TEXTS, ...TEXTS].map(ask))).toEqual(nearly([...alone, ...alone]));
});

it('keeps every outcome in the ledger, and no text of it', async () => {
  const state = mkdtempSync(path.join(home, 'ledger-'));
  const runtime = await open({ home: state });
  const secret = 'zanzibar quetzalcoatl account';
  const answer = await runtime.run({ domain: 'clinc150', text: `please freeze my ${secret}` });
  await runtime.close();
  const ledger = await openSqliteLedger({ file: path.join(state, 'ledger.db') });
  const [outcome, ...more] = await ledger.outcomes();
  await ledger.close();
  expect(more).toEqual([]);
  expect(outcome).toMatchObject({
    requestId: answer.requestId,
    tier: answer.tier,
    path: answer.path.join('+'),
    verdict: answer.verdict.kind,
    confidence: answer.confidence,
    textBytes: `please freeze my ${secret}`.length,
  });
  expect(JSON.stringify(outcome)).not.toContain('zanzibar');
  for (const name of readdirSync(state)) {
    const content = readFileSync(path.join(state, name)).toString('latin1');
    expect(content).not.toContain('zanzibar');
    expect(content).not.toContain('quetzalcoatl');
  }
});

it('lists its models and names what it does not have', async () => {
  const runtime = await open();
  expect(runtime.models.current().domains.map(({ id }) => id)).toEqual(['banking77', 'clinc150']);
  const error: unknown = await runtime.run({ domain: 'none', text: HARD }).catch((caught: unknown) => caught);
  expect(UnknownDomainError.isInstance(error)).toBe(true);
});

it('keeps to its limit of memory', async () => {
  // A device of its own: what earlier loads took here is remembered, and would decide.
  const unmeasured = { home: mkdtempSync(path.join(home, 'memory-')) };
  const small = await open({ ...unmeasured, memoryBytes: 64 * 2 ** 20 });
  expect((await small.run({ domain: 'clinc150', text: HARD })).path).toEqual(['nano']);
  const none = await open({ ...unmeasured, memoryBytes: 2 ** 20 });
  const error: unknown = await none.run({ domain: 'clinc150', text: HARD }).catch((caught: unknown) => caught);
  expect(NoTierFitsError.isInstance(error)).toBe(true);
});

it('may be closed twice', async () => {
  const runtime = await open();
  await runtime.run({ domain: 'clinc150', text: HARD });
  await runtime.close();
  await expect(runtime.close()).resolves.toBeUndefined();
});

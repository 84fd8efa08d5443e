import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TextStep } from '@terrace/core/text';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { createNodeRuntime, type NodeRuntime } from '../create-node-runtime.js';
import { BUILT_WORKER } from '../engine/testing/shipped-model.js';
import { openSqliteLedger } from '../ledger/sqlite-ledger.js';
import { writeTinyModels } from './testing/tiny-models-folder.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-text-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The device is measured once for all of them. */
const home = path.join(folder, 'home');

async function open(contextTokens: Readonly<Record<string, number>>): Promise<NodeRuntime> {
  const modelsFolder = path.join(folder, Object.keys(contextTokens).join('-'));
  writeTinyModels(modelsFolder, contextTokens);
  const runtime = await createNodeRuntime({ home, modelsFolder, engineWorkerUrl: BUILT_WORKER });
  onTestFinished(() => runtime.close());
  return runtime;
}

const ask = (text: string, maxTokens: number) =>
  ({ task: 'text-generation', text, generation: { maxTokens } }) as const;

it('streams what a model of the device writes, and keeps how it did in the ledger', { timeout: 60_000 }, async () => {
  const runtime = await open({ tiny: 256 });
  const steps: TextStep[] = [];
  for await (const step of runtime.stream(ask('hello', 12))) steps.push(step);
  const last = steps.at(-1)!;
  if (last.kind !== 'result') throw new Error('the result comes last');
  const shown = steps.flatMap((step) => (step.kind === 'text' ? [step.text] : [])).join('');
  expect(last.result.output.choices[0]).toMatchObject({ text: shown, finishReason: 'length' });
  expect(last.result).toMatchObject({ tier: 'tiny', path: ['tiny'], usage: { outputTokens: 12 } });
  const again = await runtime.run(ask('hello', 12));
  expect(again.output.choices[0]!.text).toBe(shown);
  await runtime.flush();
  const ledger = await openSqliteLedger({ file: path.join(home, 'ledger.db') });
  const [newest, first] = await ledger.outcomes();
  await ledger.close();
  expect(first).toMatchObject({ requestId: last.result.requestId, task: 'text-generation', tier: 'tiny' });
  expect(first!.text).toMatchObject({ outputTokens: 12 });
  expect(first!.text!.firstTokenMs).toBeGreaterThan(0);
  expect(newest!.text!.tokensPerSecond).toBeGreaterThan(0);
});

it('goes on with the next model where the context of one ends, word for word', { timeout: 60_000 }, async () => {
  const runtime = await open({ short: 48, long: 256 });
  const alone = await runtime.run({ ...ask('hello', 64), policy: 'long' });
  let shown = '';
  const tiers = new Set<string>();
  for await (const step of runtime.stream(ask('hello', 64))) {
    if (step.kind === 'text') {
      shown += step.text;
      tiers.add(step.tier);
    }
    if (step.kind !== 'result') continue;
    expect(step.result.path).toEqual(['short', 'long']);
    expect(step.result.output.choices[0]!.text).toBe(shown);
  }
  expect([...tiers]).toEqual(['short', 'long']);
  // The same weights write the same, whoever began.
  expect(shown).toBe(alone.output.choices[0]!.text);
});

it('answers several side by side, and ends the one whose reader goes away', { timeout: 60_000 }, async () => {
  const runtime = await open({ tiny: 256 });
  const reading = (async () => {
    for await (const step of runtime.stream(ask('leave', 200))) if (step.kind === 'text') return;
  })();
  const texts = ['a', 'b', 'c'].map((text) => runtime.run(ask(text, 16)));
  await reading;
  for (const { output } of await Promise.all(texts)) expect(output.choices[0]!.text).not.toBe('');
  expect(runtime.waiting()).toBe(0);
});

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RuntimeClosedError, UnknownRevisionError, type Result } from '@terrace/core';
import { expect, it, onTestFinished } from 'vitest';
import { createNodeRuntime, type NodeRuntime } from './create-node-runtime.js';
import { BUILT_WORKER } from './engine/testing/shipped-model.js';
import { openModelFolders, shippedModels } from './store/catalog/model-folders.js';
import { NodeRevisions } from './store/revisions/node-revisions.js';
import { packedDelta } from './store/testing/packed-delta.js';
import { systemClock } from './system-clock.js';

const DOMAIN = 'spare-parts';
const LONG_MS = 30_000;

async function device(): Promise<{ home: string; runtime: NodeRuntime; revisions: NodeRevisions }> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-deltas-'));
  const runtime = await createNodeRuntime({ home, engineWorkerUrl: BUILT_WORKER, reconcile: false });
  // As another process has it.
  const folders = () => openModelFolders({ shipped: shippedModels(), added: path.join(home, 'models') });
  const revisions = new NodeRevisions({ home, folders, clock: systemClock, requireSignatures: false });
  onTestFinished(async () => {
    await runtime.close();
    rmSync(home, { recursive: true, force: true });
  });
  return { home, runtime, revisions };
}

const keep = async (revisions: NodeRevisions, name: string): Promise<string> => {
  const deltas = [packedDelta({ domain: DOMAIN, named: (label) => `${name}:${label}` })];
  return (await revisions.keep({ domain: DOMAIN, origin: 'attached', deltas, calibration: undefined })).id;
};

const speakerOf = ({ output }: Result): string =>
  output.kind === 'classification' ? output.label.slice(0, 1) : 'nobody';

it(
  'answers with the one or the other delta while they are swapped, and with the new one at once',
  { timeout: LONG_MS },
  async () => {
    const { runtime, revisions } = await device();
    const names = ['a', 'b'];
    const ids = [await keep(revisions, 'a'), await keep(revisions, 'b')];
    const ask = () => runtime.run({ text: 'where is my new card', domain: DOMAIN, policy: 'nano' });
    await runtime.deltas.promote(DOMAIN, ids[0]!);
    const heard: string[] = [];
    for (let turn = 1; turn <= 8; turn++) {
      const meanwhile = Array.from({ length: 20 }, ask);
      await runtime.deltas.promote(DOMAIN, ids[turn % 2]!);
      expect(speakerOf(await ask())).toBe(names[turn % 2]);
      heard.push(...(await Promise.all(meanwhile)).map(speakerOf));
    }
    expect(new Set(heard)).toEqual(new Set(names));
  },
);

it('lists what is kept, and goes back and says to what', { timeout: LONG_MS }, async () => {
  const { runtime, revisions } = await device();
  const { deltas } = runtime;
  const first = await keep(revisions, 'a');
  await deltas.promote(DOMAIN, first);
  const second = await keep(revisions, 'b');
  await deltas.promote(DOMAIN, second);
  expect(await deltas.revisions(DOMAIN)).toMatchObject({ revisions: [{ id: second }, { id: first }], inForce: second });
  expect(await deltas.rollback(DOMAIN)).toMatchObject({ id: first });
  expect(await deltas.rollback(DOMAIN)).toBeUndefined();
  await expect(deltas.rollback(DOMAIN)).rejects.toSatisfy((error) => UnknownRevisionError.isInstance(error));
});

it('follows what another process puts in force', { timeout: LONG_MS }, async () => {
  const { runtime, revisions } = await device();
  const id = await keep(revisions, 'a');
  await revisions.activate(DOMAIN, id);
  await expect
    .poll(() => runtime.models.current().domains.find((domain) => domain.id === DOMAIN)?.ladderRevision, {
      timeout: 5000,
    })
    .toBe(id);
  expect(speakerOf(await runtime.run({ text: 'where is my new card', domain: DOMAIN, policy: 'nano' }))).toBe('a');
});

it('ends a fit that is under way when it is closed, and begins none afterwards', { timeout: LONG_MS }, async () => {
  const { runtime } = await device();
  const examples = Array.from({ length: 400 }, (_, i) => ({
    text: `request ${i}`,
    label: `kind-${i % 4}`,
    line: i + 1,
  }));
  const fit = runtime.deltas.fit({ domain: DOMAIN, examples });
  const outcome = fit.then(
    () => 'fitted',
    (error: unknown) => RuntimeClosedError.isInstance(error),
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  await runtime.close();
  expect(await outcome).toBe(true);
  await expect(runtime.deltas.fit({ domain: DOMAIN, examples })).rejects.toSatisfy((error) =>
    RuntimeClosedError.isInstance(error),
  );
});

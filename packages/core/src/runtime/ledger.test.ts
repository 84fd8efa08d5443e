import { describe, expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import { StorageError } from '../errors/storage-error.js';
import type { Ledger, LedgerEntry } from '../ports/ledger.js';
import { createRuntime } from '../runtime.js';
import {
  createFakePorts,
  EXAMPLE_LABELS,
  exampleCatalog,
  scoresFor,
  type FakeModel,
  type FakePorts,
} from '../testing/index.js';

const says = (label: string, probability: number, rest: FakeModel = {}): FakeModel => ({
  scores: () => scoresFor(label, probability, EXAMPLE_LABELS),
  ...rest,
});
const question = { text: 'my secret sentence', domain: 'bank', subDomain: 'cards' } as const;
const climbing = (): FakePorts =>
  createFakePorts({
    models: { nano: says('new_card', 0.5, { runMs: 2, loadMs: 30 }), base: says('block_card', 0.97, { runMs: 7 }) },
  });
const outcomesIn = (entries: readonly LedgerEntry[]) =>
  entries.flatMap((entry) => (entry.kind === 'outcome' ? [entry.record] : []));
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

describe('the ledger of a runtime', () => {
  it('receives loads and the outcome of a first request, and the warm runs of later ones', async () => {
    const ports = climbing();
    const runtime = createRuntime(ports);
    const first = await runtime.run(question);
    const result = await runtime.run(question);
    await runtime.flush();
    const { requestId } = result;
    const [nano, base] = exampleCatalog().models.map(({ variants }) => variants[0]!.weights.sha256);
    expect(ports.entries).toMatchObject([
      { kind: 'load', record: { tier: 'nano', variantId: nano, loadMs: 30, replaces: undefined } },
      { kind: 'load', record: { tier: 'base', variantId: base } },
      { kind: 'outcome', record: { requestId: first.requestId, totalMs: 39 } },
      { kind: 'run', record: { requestId, tier: 'nano', variantId: nano, latencyMs: 2, tokens: 5 } },
      { kind: 'run', record: { requestId, tier: 'base', variantId: base, latencyMs: 7 } },
      { kind: 'outcome', record: { requestId, tier: 'base', path: 'nano+base', domain: 'bank', subDomain: 'cards' } },
    ]);
    const outcome = outcomesIn(ports.entries)[1];
    expect(outcome).toMatchObject({
      task: 'text-classification',
      placement: 'device',
      verdict: 'accept',
      reason: 'top',
      degraded: false,
      confidence: result.confidence,
      textBytes: 18,
      tokens: 5,
      totalMs: 9,
      atWallMs: ports.clock.wallMs(),
      catalogRevision: exampleCatalog().revision,
      ladderRevision: exampleCatalog().domains[0]!.ladderRevision,
    });
  });

  it('keeps every decision with its alternatives, whose probabilities sum to 1', async () => {
    const ports = climbing();
    const runtime = createRuntime(ports);
    await runtime.run(question);
    await runtime.run({ ...question, minConfidence: 0.999 });
    await runtime.flush();
    const decisions = outcomesIn(ports.entries).flatMap((outcome) => outcome.decisions);
    expect(decisions.slice(0, 3)).toMatchObject([
      { stage: 'start', path: '', chosen: 'nano', alternatives: { nano: 1, base: 0 }, confidence: undefined },
      { stage: 'continue', path: 'nano', chosen: 'base', alternatives: { accept: 0, base: 1 } },
      { stage: 'continue', path: 'nano+base', chosen: 'accept', alternatives: { accept: 1 } },
    ]);
    expect(decisions.at(-1)).toMatchObject({ chosen: 'abstain', alternatives: { accept: 0, abstain: 1 } });
    for (const { chosen, alternatives } of decisions) {
      expect(Object.values(alternatives).reduce((a, b) => a + b, 0)).toBe(1);
      expect(alternatives[chosen]).toBe(1);
    }
  });

  it('never receives a word of the text or the answer, whatever happened', async () => {
    const ports = climbing();
    const runtime = createRuntime(ports);
    await runtime.run(question);
    ports.engine.models['base'] = {
      onRun() {
        throw new EngineError({ message: 'It broke.', hint: 'Mend it.' });
      },
    };
    await runtime.run(question);
    await runtime.flush();
    const kept = JSON.stringify(ports.entries);
    for (const word of ['secret', 'sentence', 'new_card', 'block_card']) expect(kept).not.toContain(word);
  });

  it('marks about one accepted answer in a hundred for audit, with that probability, and no abstention', async () => {
    const ports = createFakePorts({ models: { nano: says('balance', 0.999), base: says('balance', 0.999) } });
    const runtime = createRuntime(ports);
    for (let i = 0; i < 2000; i++) await runtime.run(question);
    for (let i = 0; i < 200; i++) await runtime.run({ ...question, text: 'счёт' });
    await runtime.flush();
    const outcomes = outcomesIn(ports.entries);
    const accepted = outcomes.filter(({ verdict }) => verdict === 'accept');
    const audited = accepted.filter(({ audit }) => audit).length;
    expect(audited).toBeGreaterThan(5);
    expect(audited).toBeLessThan(40);
    expect(accepted.every(({ auditProbability }) => auditProbability === 0.01)).toBe(true);
    const abstained = outcomes.filter(({ verdict }) => verdict === 'abstain');
    expect(abstained).toHaveLength(200);
    expect(abstained.every(({ audit, auditProbability }) => !audit && auditProbability === 0)).toBe(true);
  });

  it('is written in the background, in batches', async () => {
    const ports = climbing();
    const calls: number[] = [];
    const ledger: Ledger = { ...ports.ledger, append: async (entries) => void calls.push(entries.length) };
    const runtime = createRuntime({ ...ports, ledger });
    await runtime.run(question);
    await runtime.run(question);
    expect(calls).toEqual([]);
    ports.clock.advance(200);
    await settled();
    expect(calls).toEqual([6]);
  });
});

describe('a ledger that fails', () => {
  const full = new StorageError({ message: 'The disk is full.', hint: 'Free some space.' });
  const failing = (ports: FakePorts) => {
    let isFull = true;
    const ledger: Ledger = {
      ...ports.ledger,
      append: (entries) => (isFull ? Promise.reject(full) : ports.ledger.append(entries)),
    };
    return {
      ledger,
      freeSpace(): void {
        isFull = false;
      },
    };
  };

  it('never fails an answer, and is told to the host', async () => {
    const ports = climbing();
    const runtime = createRuntime({ ...ports, ledger: failing(ports).ledger });
    await expect(runtime.run(question)).resolves.toMatchObject({ tier: 'base' });
    ports.clock.advance(200);
    await settled();
    expect(ports.failures).toEqual([full]);
    await expect(runtime.flush()).rejects.toBe(full);
    await expect(runtime.close()).resolves.toBeUndefined();
  });

  it('gets everything, in order, once it works again', async () => {
    const ports = climbing();
    const { ledger, freeSpace } = failing(ports);
    const runtime = createRuntime({ ...ports, ledger });
    const first = await runtime.run(question);
    await expect(runtime.flush()).rejects.toBe(full);
    const second = await runtime.run(question);
    freeSpace();
    await runtime.flush();
    expect(outcomesIn(ports.entries).map(({ requestId }) => requestId)).toEqual([first.requestId, second.requestId]);
  });

  it('does not keep a request from being planned when it cannot be read', async () => {
    const ports = climbing();
    const ledger: Ledger = { ...ports.ledger, statistics: () => Promise.reject(full) };
    await expect(createRuntime({ ...ports, ledger }).run(question)).resolves.toMatchObject({ tier: 'base' });
    expect(ports.failures).toEqual([full]);
  });

  it('does not fill the memory', async () => {
    const ports = createFakePorts({ models: { nano: says('balance', 0.99) } });
    const { ledger, freeSpace } = failing(ports);
    const runtime = createRuntime({ ...ports, ledger });
    for (let i = 0; i < 6000; i++) await runtime.run({ text: 'x', domain: 'bank' });
    freeSpace();
    await expect(runtime.flush()).rejects.toThrow('were let go');
    await runtime.flush();
    expect(ports.entries).toHaveLength(10_000);
    expect(ports.entries.at(-1)!.kind).toBe('outcome');
  });
});

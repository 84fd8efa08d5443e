import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '@terrace/core/testing';
import type { ContextEmbedder } from './context-embedder.js';
import { openContext } from './open-context.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'terrace-context-'));
});
afterEach(() => rm(folder, { recursive: true }));

const MODELS = ['small', 'large'];
const program = {
  reward: Float64Array.of(0.5, 0.5),
  cost: Float64Array.of(0.001, 0.001),
  least: new Float64Array(2),
  most: new Float64Array(2).fill(1),
  budget: 0.01,
};
const live = [0, 1];

/** A text's kind is its first letter. */
const embedder = (embedding = 'sha'): ContextEmbedder => {
  const random = seededRandom(1);
  return {
    embedding,
    widths: [4],
    embed: async (text) =>
      Float32Array.from({ length: 4 }, (_, i) => (i === (text[0] === 'a' ? 0 : 1) ? 3 : 0) + random()),
  };
};

const open = (failures: unknown[], own = embedder()) =>
  openContext({
    file: join(folder, 'context', 'one.json'),
    embedder: own,
    modelOf: (arm) => MODELS[arm]!,
    random: seededRandom(2),
    onFailure: (error) => failures.push(error),
  });

/** Each model is good at one kind. */
async function teach(contexts: Awaited<ReturnType<typeof open>>, requests: number): Promise<void> {
  for (let i = 0; i < requests; i++) {
    const kind = i % 2;
    await contexts.look({ requestId: `${i}`, text: 'ab'[kind]! });
    const model = (i >> 1) % 2;
    contexts.learn(`${i}`, MODELS[model]!, model === kind ? 0.9 : 0.1, 0.001, 0.5);
  }
}

async function sharesOf(contexts: Awaited<ReturnType<typeof open>>, text: string): Promise<Float64Array> {
  const shares = new Float64Array(2);
  (await contexts.look({ requestId: 'asked', text }))?.(program, live, shares);
  return shares;
}

describe('what requests say of the models of a deployment', () => {
  it('is learnt while they come, and kept', async () => {
    const failures: unknown[] = [];
    const first = await open(failures);
    expect(await first.look({ requestId: 'early', text: 'a' })).toBeUndefined();
    await teach(first, 500);
    expect((await sharesOf(first, 'a'))[0]).toBeGreaterThan(0.9);
    await first.close();
    const second = await open(failures);
    expect((await sharesOf(second, 'a'))[0]).toBeGreaterThan(0.9);
    expect((await sharesOf(second, 'b'))[1]).toBeGreaterThan(0.9);
    expect(await readFile(join(folder, 'context', 'one.json'), 'utf8')).not.toContain('asked');
    expect(failures).toEqual([]);
  });

  it('is begun anew where the file is damaged or of another embedding', async () => {
    const failures: unknown[] = [];
    const first = await open(failures);
    await teach(first, 420);
    await first.close();
    const other = await open(failures, embedder('another'));
    expect(await other.look({ requestId: '1', text: 'a' })).toBeUndefined();
    await writeFile(join(folder, 'context', 'one.json'), '{');
    await (await open(failures)).close();
    expect(failures).toHaveLength(2);
  });

  it('is not waited for, and an embedding that fails is only told of', async () => {
    const failures: unknown[] = [];
    const never = { ...embedder(), embed: () => new Promise<Float32Array>(() => undefined) };
    expect(await (await open(failures, never)).look({ requestId: '1', text: 'a' })).toBeUndefined();
    const broken = { ...embedder(), embed: () => Promise.reject(new Error('no session')) };
    expect(await (await open(failures, broken)).look({ requestId: '1', text: 'a' })).toBeUndefined();
    expect(failures).toHaveLength(1);
  });

  it('learns nothing of requests it has not seen, and of numbers that are none', async () => {
    const failures: unknown[] = [];
    const contexts = await open(failures);
    await teach(contexts, 310);
    contexts.learn('nobody', 'small', 1, 0, 1);
    await contexts.look({ requestId: 'x', text: 'a' });
    contexts.learn('x', 'small', NaN, 0, 1);
    expect(failures).toHaveLength(1);
  });
});

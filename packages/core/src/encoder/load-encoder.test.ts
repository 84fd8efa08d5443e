import { describe, expect, it } from 'vitest';
import { ArtifactCorruptError } from '../errors/artifact-corrupt-error.js';
import { EngineError } from '../errors/engine-error.js';
import type { EngineDelta, EngineInput, EngineModel, GraphShape } from '../ports/model-engine.js';
import type { PlainTensor } from '../tasks/encoder-feeds.js';
import type { EncoderGraph, EncoderHost } from './encoder-host.js';
import { runHubGraph } from './hub-graph.js';
import { loadEncoder } from './load-encoder.js';
import { createFeatureRun } from './run-features.js';

const WIDTH = 2;
const fileOf = (location: string) => ({ location, bytes: 1, sha256: '0'.repeat(64) });

/** Two layers of width 4, read up to 8 tokens. */
const modelOf = (changes: Partial<EngineModel> & Partial<Pick<GraphShape, 'interface'>> = {}): EngineModel => ({
  variantId: 'v',
  modelId: 'm',
  provider: 'cpu',
  batchSensitive: false,
  weights: fileOf('weights'),
  tokenizer: fileOf('tokenizer'),
  tokenizerConfig: undefined,
  graph: { interface: changes.interface ?? 'terrace', layers: 2, hidden: 4, features: 1 },
  contextTokens: 8,
  expectedRunMs: 1,
  ...changes,
});

/** A head of two labels. */
const DELTA: EngineDelta = { deltaId: 'd', rank: 0, labelCount: WIDTH, head: fileOf('head'), adapter: undefined };

function headFile(): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(
    JSON.stringify({
      'head.weight': { dtype: 'F32', shape: [WIDTH, 1], data_offsets: [0, 8] },
      'head.bias': { dtype: 'F32', shape: [WIDTH], data_offsets: [8, 16] },
    }),
  );
  const file = new Uint8Array(8 + header.length + 16);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  return file;
}

/** A host whose runtime takes as long as it is told, gives equal values for every row, and remembers what it was fed. */
function fakeHost({
  runsMs = [1],
  tokenizer = '{}',
  refused,
  ...graph
}: Partial<EncoderGraph<PlainTensor>> & { runsMs?: readonly number[]; tokenizer?: string; refused?: Error }) {
  let nowMs = 0;
  const seen = { runs: [] as { feeds: Readonly<Record<string, PlainTensor>>; output: string }[], released: 0 };
  const host: EncoderHost<PlainTensor> = {
    nowMs: () => nowMs,
    readVerified: async ({ location }) => (location === 'head' ? headFile() : new TextEncoder().encode(tokenizer)),
    loadExtras: async () => ({ runHubGraph, createFeatureRun }),
    // A token a word.
    loadTokenizerClass: async () =>
      class {
        encode(text: string) {
          return {
            ids: text
              .trim()
              .split(' ')
              .map((_, i) => i),
          };
        }
        token_to_id(): undefined {
          return undefined;
        }
      },
    async openGraph() {
      if (refused) throw refused;
      return {
        inputNames: ['input_ids', 'attention_mask'],
        outputNames: ['embedding', 'logits'],
        maxPadding: 1.2,
        emptyRank: 0,
        toTensor: (tensor) => tensor,
        async run(feeds, output) {
          nowMs += runsMs[seen.runs.length % runsMs.length]!;
          seen.runs.push({ feeds, output });
          const [rows] = feeds['input_ids']!.dims;
          return { data: new Float32Array(rows! * WIDTH).fill(1), dims: [rows!, WIDTH] };
        },
        release: async () => void seen.released++,
        ...graph,
      };
    },
  };
  return Object.assign(seen, { host });
}

const embed = (text: string): EngineInput => ({ task: 'feature-extraction', text, deltaId: undefined });
const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);
const load = (changes: Parameters<typeof fakeHost>[0], model = modelOf()) => {
  const fake = fakeHost(changes);
  return { fake, loading: loadEncoder({ model, thread: 'worker', host: fake.host }) };
};

describe('warm-up', () => {
  it('is five runs, and the fastest one is the speed', async () => {
    const { fake, loading } = load({ runsMs: [9, 3, 4, 3.5, 5] });
    const { report } = await loading;
    expect(fake.runs).toHaveLength(5);
    expect(report).toMatchObject({ warmRunMs: 3, loadMs: 24.5, thread: 'worker' });
  });

  it('ends when its runs have taken half a second together, the first aside', async () => {
    const { fake, loading } = load({ runsMs: [1400, 300, 290, 280] });
    expect((await loading).report.warmRunMs).toBe(290);
    expect(fake.runs).toHaveLength(3);
  });

  it('is one run where that takes seconds', async () => {
    const { fake, loading } = load({ runsMs: [8000] });
    expect((await loading).report.warmRunMs).toBe(8000);
    expect(fake.runs).toHaveLength(1);
  });

  it('asks a classifier of the hub for what it has', async () => {
    const { fake, loading } = load({ outputNames: ['logits'] }, modelOf({ interface: 'transformers' }));
    await loading;
    expect(fake.runs[0]!.output).toBe('logits');
  });
});

describe('a load that fails', () => {
  it('lets go of the graph when the tokenizer is none', async () => {
    const { fake, loading } = load({ tokenizer: '<!doctype html>' });
    expect(ArtifactCorruptError.isInstance(await reasonOf(loading))).toBe(true);
    expect(fake.released).toBe(1);
  });

  it('tells what the runtime said, tokenizer or not', async () => {
    const refused = new EngineError({ message: 'No.', hint: 'None.' });
    expect(await reasonOf(load({ refused }).loading)).toBe(refused);
    expect(ArtifactCorruptError.isInstance(await reasonOf(load({ refused, tokenizer: '' }).loading))).toBe(true);
  });
});

describe('a run', () => {
  it('feeds zeros of rank 1 for no delta where the provider takes no empty tensors', async () => {
    for (const emptyRank of [0, 1] as const) {
      const { fake, loading } = load({ emptyRank });
      await (await loading).run(embed('a b'));
      expect(fake.runs.at(-1)!.feeds['lora_a']!.dims).toEqual([2, 4, 4, emptyRank]);
    }
  });

  it('has the inputs of a delta kept until it is detached, and those of a text not', async () => {
    const kept: unknown[] = [];
    const { fake, loading } = load({
      toTensor(tensor, isKept) {
        if (isKept) kept.push(tensor);
        return tensor;
      },
      letGo: (tensor) => void kept.splice(kept.indexOf(tensor), 1),
    });
    const session = await loading;
    await session.attach(DELTA);
    await session.run({ task: 'text-classification', text: 'a b', deltaId: DELTA.deltaId });
    const { input_ids: ids, attention_mask: mask, ...delta } = fake.runs.at(-1)!.feeds;
    expect(kept).toEqual(Object.values(delta));
    expect(kept).not.toContain(ids);
    expect(kept).not.toContain(mask);
    await session.detach(DELTA.deltaId);
    await session.detach(DELTA.deltaId);
    expect(kept).toEqual([]);
  });

  it('keeps nothing of a delta for which there is not enough memory', async () => {
    const kept: unknown[] = [];
    const { loading } = load({
      toTensor(tensor, isKept) {
        if (!isKept) return tensor;
        if (kept.length === 2) throw new Error('no memory is left');
        kept.push(tensor);
        return tensor;
      },
      letGo: (tensor) => void kept.splice(kept.indexOf(tensor), 1),
    });
    const session = await loading;
    for (const _ of [1, 2]) {
      await expect(session.attach(DELTA)).rejects.toThrow('no memory is left');
      expect(kept).toEqual([]);
    }
    const run = session.run({ task: 'text-classification', text: 'a b', deltaId: DELTA.deltaId });
    expect(EngineError.isInstance(await reasonOf(run))).toBe(true);
  });

  it('reads no more of a text than its context holds, and tells how long it was', async () => {
    const { fake, loading } = load({});
    const { tokens, textTokens } = await (await loading).run(embed('word '.repeat(1000)));
    expect({ tokens, counted: textTokens > 8 }).toEqual({ tokens: 8, counted: true });
    expect(fake.runs.at(-1)!.feeds['input_ids']!.dims).toEqual([1, 8]);
  });

  it('asks again alone for what the company of a batch might have changed', async () => {
    const { fake, loading } = load({}, modelOf({ batchSensitive: true }));
    const session = await loading;
    await session.attach(DELTA);
    const input: EngineInput = { task: 'text-classification', text: 'a b', deltaId: DELTA.deltaId };
    fake.runs.length = 0;
    await session.runBatch([input, input]);
    expect(fake.runs.map(({ feeds }) => feeds['input_ids']!.dims[0])).toEqual([2, 1, 1]);
  });

  it('is one a text where a graph takes no batches', async () => {
    const { fake, loading } = load({ maxPadding: 0 });
    const session = await loading;
    fake.runs.length = 0;
    await session.runBatch([embed('a'), embed('b c')]);
    expect(fake.runs).toHaveLength(2);
  });

  it('is refused with an EngineError after the release, and the graph is let go of once', async () => {
    const { fake, loading } = load({});
    const session = await loading;
    await Promise.all([session.release(), session.release()]);
    expect(EngineError.isInstance(await reasonOf(session.run(embed('late'))))).toBe(true);
    expect(fake.released).toBe(1);
  });
});

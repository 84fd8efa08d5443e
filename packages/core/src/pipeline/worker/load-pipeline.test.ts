import { describe, expect, it } from 'vitest';
import type { PipelineInput, PipelineModel } from '../../ports/pipeline-engine.js';
import { loadPipeline } from './load-pipeline.js';
import type { LibraryPipeline, LibraryTensor, TransformersLibrary } from './transformers-library.js';

const tensorOf = (dims: readonly number[], data: readonly number[]): LibraryTensor => ({
  dims,
  data,
  tolist: () => data,
});

class LogitsProcessor {
  readonly kind = 'logits-processor';
}
class LogitsProcessorList {
  readonly processors: { _call(ids: unknown, logits: readonly LibraryTensor[]): unknown }[] = [];
  push(processor: object): void {
    this.processors.push(processor as this['processors'][number]);
  }
}

function libraryOf(call: (...args: readonly unknown[]) => unknown, more: Partial<LibraryPipeline> = {}) {
  const env = { useWasmCache: true, allowRemoteModels: true } as TransformersLibrary['env'];
  let released = false;
  const pipeline: LibraryPipeline = Object.assign(async (...args: readonly unknown[]) => call.call(pipeline, ...args), {
    model: async () => undefined,
    dispose: async () => (released = true),
    ...more,
  });
  class RawImage {
    readonly size: readonly number[];
    constructor(data: Uint8ClampedArray, width: number, height: number) {
      this.size = [data.length, width, height];
    }
  }
  const library: TransformersLibrary = {
    env,
    LogLevel: { NONE: 9 },
    pipeline: async () => pipeline,
    RawImage,
    LogitsProcessor,
    LogitsProcessorList,
  };
  return { library, pipeline, released: () => released };
}

const model = (changes: Partial<PipelineModel> = {}): PipelineModel => ({
  task: 'feature-extraction',
  model: 'm',
  dtype: undefined,
  provider: 'cpu',
  args: [],
  trial: undefined,
  ...changes,
});
const load = (library: TransformersLibrary, changes: Partial<PipelineModel> = {}) =>
  loadPipeline({
    library,
    model: model(changes),
    device: 'cpu',
    sessionOptions: {},
    decodeImage: async () => 'decoded',
  });
const text: PipelineInput = { kind: 'text', text: 'x' };

describe('loadPipeline', () => {
  it('keeps the library from the network and gives plain data', async () => {
    const { library } = libraryOf(() => ({ vector: tensorOf([1, 2], [1, 2]), call: () => 1, nested: [{ big: 5n }] }));
    const loaded = await load(library);
    expect(library.env).toMatchObject({ allowRemoteModels: false, useWasmCache: false, useFSCache: false });
    expect(await loaded.run(text)).toEqual({
      output: { vector: [1, 2], call: undefined, nested: [{ big: 5n }] },
      certainty: undefined,
    });
  });

  it('tries what it loads, and lets go of what does not run', async () => {
    const { library, released } = libraryOf(() => {
      throw new TypeError('this.tokenizer is not a function');
    });
    await expect(load(library, { trial: 'text' })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(released()).toBe(true);
  });

  it('tries images in the size the model was made for', async () => {
    const seen: unknown[] = [];
    const processor = { image_processor: { size: { width: 4, height: 2 } } };
    const { library } = libraryOf((...args) => seen.push(args[0]), { processor });
    await load(library, { task: 'image-classification', trial: 'pixels' });
    expect(seen).toEqual([{ size: [24, 4, 2] }]);
  });

  it('refuses sound of another rate than the model hears', async () => {
    const processor = { feature_extractor: { config: { sampling_rate: 16_000 } } };
    const { library } = libraryOf(() => ({ text: '' }), { processor });
    const loaded = await load(library, { task: 'audio-classification' });
    const samples = Float32Array.of(0);
    await expect(loaded.run({ kind: 'audio', samples, sampleRate: 44_100 })).rejects.toThrow('hears 16000');
    await loaded.run({ kind: 'audio', samples, sampleRate: 16_000 });
  });

  const audio: PipelineInput = { kind: 'audio', samples: Float32Array.of(0), sampleRate: 16_000 };
  const asr = { task: 'automatic-speech-recognition' };

  it('knows how sure a model is that names a token a frame', async () => {
    const frames = tensorOf([1, 3, 3], [9, 0, 0, 0, Math.log(6), 0, 0, 0, Math.log(6)]);
    const { library } = libraryOf(
      async function (this: LibraryPipeline) {
        await (this.model as () => Promise<unknown>)();
        return { text: 'ab' };
      },
      { model: async () => ({ logits: frames }), tokenizer: { pad_token_id: 0 } },
    );
    const { certainty } = await (await load(library, asr)).run(audio);
    expect(certainty).toBeCloseTo(0.75, 9);
  });

  it('knows how sure a model is that writes token by token, of each run by itself', async () => {
    let logits = [Math.log(3), 0];
    const { library } = libraryOf((_, options) => {
      const { processors } = (options as { logits_processor: LogitsProcessorList }).logits_processor;
      // oxlint-disable-next-line no-underscore-dangle -- the library's own name
      for (const each of processors) each._call(undefined, [tensorOf([2], logits)]);
      return { text: 'a' };
    });
    const loaded = await load(library, asr);
    expect((await loaded.run(audio)).certainty).toBeCloseTo(0.75, 9);
    logits = [0, 0];
    expect((await loaded.run(audio)).certainty).toBeCloseTo(0.5, 9);
  });
});

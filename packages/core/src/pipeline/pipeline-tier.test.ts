import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { PipelineEngine, PipelineInput, PipelineModel } from '../ports/pipeline-engine.js';
import { pipelineTier, type PipelineTierOptions } from './pipeline-tier.js';

const SCORES = [
  { label: 'a', score: 0.9 },
  { label: 'b', score: 0.1 },
];

/** An engine whose pipelines give this, and whose first loads fail. */
function engineOf(output: unknown, { failures = 0 } = {}) {
  const loaded: PipelineModel[] = [];
  let left = failures;
  const engine: PipelineEngine = {
    async load(model) {
      loaded.push(model);
      await Promise.resolve();
      if (left-- > 0) throw new Error('no luck');
      let alive = true;
      return {
        get alive() {
          return alive;
        },
        run: async () => ({ output, certainty: undefined }),
        async release() {
          alive = false;
        },
      };
    },
    close: async () => undefined,
  };
  return { engine, loaded };
}

const text: PipelineInput = { kind: 'text', text: 'x' };
const classifier: PipelineTierOptions = { task: 'text-classification', model: '/models/small' };

describe('pipelineTier', () => {
  it('loads once for all who ask, and again after a failure or a release', async () => {
    const { engine, loaded } = engineOf(SCORES, { failures: 1 });
    const tier = pipelineTier(classifier)({ engine });
    expect(tier.id).toBe('small');
    await expect(tier.run(text)).rejects.toThrow('no luck');
    await Promise.all([tier.run(text), tier.run(text)]);
    await tier.release();
    await tier.run(text);
    expect(loaded).toHaveLength(3);
    expect(loaded[0]).toEqual({
      task: 'text-classification',
      model: '/models/small',
      dtype: undefined,
      provider: 'cpu',
      args: [{ top_k: null }],
      trial: 'text',
    });
  });

  it('reads any task with a reader of its own', async () => {
    const { engine, loaded } = engineOf([{ sequence: 'x', score: 0.5 }]);
    const read: PipelineTierOptions['read'] = ({ output }) => ({
      kind: 'label',
      labels: [],
      label: (output as { sequence: string }[])[0]!.sequence,
      confidence: 0.5,
    });
    const tier = pipelineTier({ task: 'fill-mask', model: 'm', read })({ engine });
    expect((await tier.run(text)).answer).toMatchObject({ label: 'x' });
    expect(loaded[0]).toMatchObject({ trial: undefined });
    const lost = pipelineTier({ task: 'fill-mask', model: 'm', read })(engineOf(undefined));
    await expect(lost.run(text)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('says what cannot be used', async () => {
    const tier = pipelineTier(classifier)(engineOf([{ label: 'a', score: Number.NaN }]));
    await expect(tier.run(text)).rejects.toThrow('no probabilities');
  });

  it.each<[string, Partial<PipelineTierOptions>]>([
    ['a task nobody reads', { task: 'fill-mask' }],
    ['what is no task', { task: 'constructor' }],
    ['a task that is a path', { task: '../x' }],
    ['a dtype that the library would take for another', { dtype: 'q5' }],
    ['no model', { model: ' ' }],
    ['no labels to choose from', { task: 'zero-shot-classification' }],
    ['one label to choose from', { task: 'zero-shot-classification', args: [['a']] }],
  ])('refuses %s', (_, options) => {
    expect(() => pipelineTier({ ...classifier, ...options })).toThrow(InvalidRequestError);
  });

  const image: PipelineTierOptions = { task: 'image-classification', model: 'm' };
  const sound: PipelineTierOptions = { task: 'audio-classification', model: 'm' };
  const question: PipelineTierOptions = { task: 'question-answering', model: 'm' };
  const pixels = { kind: 'pixels', width: 2, height: 2, channels: 3 } as const;
  it.each<[string, PipelineTierOptions, unknown]>([
    ['an address for an image', image, 'http://127.0.0.1/a.png'],
    ['a text for an image', image, text],
    ['an image that is none', image, { kind: 'image', bytes: new Uint8Array(9) }],
    ['an image without bytes', image, { kind: 'image', bytes: '/etc/passwd' }],
    ['too few pixels', image, { ...pixels, data: new Uint8Array(11) }],
    ['pixels of no size', image, { ...pixels, width: 0, data: new Uint8Array() }],
    ['pixels beyond all measure', image, { ...pixels, width: 1e9, data: new Uint8Array() }],
    ['no sound', sound, { kind: 'audio', samples: new Float32Array(), sampleRate: 16_000 }],
    ['sound that is no number', sound, { kind: 'audio', samples: Float32Array.of(Number.NaN), sampleRate: 16_000 }],
    ['sound of no rate', sound, { kind: 'audio', samples: Float32Array.of(0), sampleRate: 0 }],
    ['a question about nothing', question, text],
    ['a context without a question', classifier, { ...text, context: 'y' }],
    ['a text without end', classifier, { kind: 'text', text: 'x'.repeat((1 << 20) + 1) }],
    ['nothing', classifier, undefined],
  ])('refuses %s before anything is loaded', async (_, options, input) => {
    const { engine, loaded } = engineOf(SCORES);
    await expect(pipelineTier(options)({ engine }).run(input as PipelineInput)).rejects.toThrow(InvalidRequestError);
    expect(loaded).toEqual([]);
  });
});

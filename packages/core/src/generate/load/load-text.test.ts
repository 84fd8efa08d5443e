import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { tinyTextModel } from '../../testing/tiny-text-model.js';
import type { TextModel } from '../../ports/text-engine.js';
import { createFakeTextGraph } from '../../testing/fake-text-graph.js';
import { seededRandom } from '../../testing/seeded-random.js';
import type { TextHost } from '../text-host.js';
import { loadText } from './load-text.js';

const tiny = tinyTextModel();
const file = (location: string, bytes: number) => ({ location, bytes, sha256: location });
const MODEL: TextModel = {
  variantId: 'tiny',
  modelId: 'tiny',
  provider: 'cpu',
  weights: file('weights', 100),
  tokenizer: file('tokenizer', 20),
  tokenizerConfig: file('config', 3),
  shape: tiny.shape,
  layers: tiny.layers,
  vocabulary: tiny.vocabulary,
  contextTokens: 128,
  kvBytes: 1e6,
  delta: undefined,
};

function host({ vocabulary = tiny.vocabulary, runMs = 2 } = {}) {
  const graph = createFakeTextGraph({ vocabulary });
  let nowMs = 0;
  let releases = 0;
  const contents: Readonly<Record<string, object>> = { tokenizer: tiny.tokenizer, config: tiny.tokenizerConfig };
  const made: TextHost = {
    readVerified: async ({ location }) => new TextEncoder().encode(JSON.stringify(contents[location])),
    openGraph: async () => ({
      ...graph,
      run: (feed) => ((nowMs += runMs), graph.run(feed as Parameters<typeof graph.run>[0])) as never,
      empty: () => graph.empty() as never,
      release: async () => void releases++,
    }),
    loadTokenizerClass: async () => Tokenizer as never,
    loadTemplateClass: async () => Template as never,
    nowMs: () => nowMs,
    random: seededRandom(1),
    yieldToMessages: async () => undefined,
    sleep: () => new Promise(() => undefined),
  };
  return { made, graph, releases: () => releases };
}

describe('loading a text model', () => {
  it('tells how fast it reads and writes, of a few tokens, and holds nothing of them', async () => {
    const { made, graph } = host();
    const { report, countTokens, encode } = await loadText({ model: MODEL, host: made });
    expect(report).toEqual({
      loadMs: 20,
      bytesRead: 123,
      prefillTokensPerSecond: 4000,
      decodeTokensPerSecond: 500,
      thread: 'worker',
    });
    expect(graph.liveBytes()).toBe(0);
    const chat = {
      messages: [{ role: 'user', content: 'hi' }],
      tools: [],
      prefix: '',
      chatTemplate: undefined,
    } as const;
    expect(countTokens(chat)).toBeGreaterThan(2);
    expect(encode('hi').length).toBeGreaterThan(0);
  });

  it('does not go on warming up where a token takes seconds', async () => {
    const { made, graph } = host({ runMs: 1500 });
    const { report } = await loadText({ model: MODEL, host: made });
    expect(graph.runs).toHaveLength(2);
    expect(report.decodeTokensPerSecond).toBeCloseTo(0.667, 2);
  });

  it('lets go of the graph when the tokenizer is another model\u2019s, or cannot be read', async () => {
    const narrow = host({ vocabulary: tiny.vocabulary - 1 });
    await expect(loadText({ model: MODEL, host: narrow.made })).rejects.toMatchObject({ code: 'TOKENIZER_MISMATCH' });
    expect(narrow.releases()).toBe(1);
    const broken = host();
    const reading = { ...broken.made, readVerified: async () => new TextEncoder().encode('{') };
    await expect(loadText({ model: MODEL, host: reading })).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
    expect(broken.releases()).toBe(1);
  });

  it('fails as its graph does', async () => {
    const refused = { ...host().made, openGraph: () => Promise.reject(new Error('no such operator')) };
    await expect(loadText({ model: MODEL, host: refused })).rejects.toThrow('no such operator');
  });
});

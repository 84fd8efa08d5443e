import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ask, EASY, eventsOf, HARD, homeOfThisFile } from './support/answers.js';
import { startHeaderProxy } from './support/header-proxy.js';
import { startPortkey } from './support/portkey-gateway.js';
import { temporaryFolder, terrace } from './support/run-cli.js';
import type { ScriptedReply } from './support/scripted-chat.js';
import { startScriptedUpstream, type ChatAsk, type ScriptedUpstream } from './support/scripted-upstream.js';
import { serve } from './support/serve.js';
import { startBox } from './support/site.js';

const LONG_MS = 30_000;
const KEY = 'sk-of-the-cloud-77aa1c';
/** More than nano reaches with it: who answers is the chat model. */
const hard = { domain: 'clinc150', text: HARD, minConfidence: 0.9 };
const CLI = ['--memory', '80MiB', '--min-confidence', '90%'] as const;
const PRICES = ['--price-input', '2', '--price-output', '8', '--currency', 'EUR', '--usd-per-unit', '1.1'] as const;

const home = homeOfThisFile();
let upstream: ScriptedUpstream;

type Asked = ChatAsk & {
  readonly logprobs?: boolean;
  readonly response_format?: { type: string; json_schema: { schema: { properties: { label: { enum: string[] } } } } };
};

/** A chat model that answers the hard text with this label. */
function says(more: Partial<ScriptedReply> = {}, label = 'freeze_account') {
  return ({ messages }: ChatAsk): ScriptedReply => {
    const isGolden = messages.at(-1)?.content !== HARD;
    return { content: JSON.stringify({ label: isGolden ? 'freeze_account' : label }), ...more };
  };
}

const lastAsked = (): Asked => upstream.requests.at(-1)!.body as Asked;

/** Adds a tier in the cloud, as far as the box is concerned. */
async function add(folder: string, url: string, id: string, ...flags: readonly string[]): Promise<void> {
  const env = { [`TERRACE_KEY_127_0_0_1_${new URL(url).port}`]: KEY };
  const where = { home: folder, env };
  const { code, stderr } = await terrace(['tiers', 'add', url, '--id', id, '--placement', 'cloud', ...flags], where);
  expect([code, stderr]).toEqual([0, '']);
}

beforeAll(async () => {
  upstream = await startScriptedUpstream({ models: ['gpt-site', 'text-embedding-site'], chat: says() });
  await add(home, upstream.url, 'chat', '--model', 'gpt-site', '--domain', 'clinc150', ...PRICES);
}, LONG_MS);
afterAll(() => upstream?.close());
beforeEach(() => upstream.script({ chat: says() }));

const cloudBox = (folder = home) => startBox(folder, { keys: () => KEY });

describe('a chat model that classifies', { timeout: LONG_MS }, () => {
  it('is told the labels, a schema and to score its tokens, and is as sure as its tokens are', async () => {
    const box = await cloudBox();
    const token = (text: string, logprob: number) => ({ token: text, logprob });
    const logprobs = [token('{"label":"', 0), token('freeze', -0.02), token('_account', -0.01), token('"}', 0)];
    upstream.script({ chat: says({ logprobs }) });
    const result = await box.run(hard);
    expect(result).toMatchObject({ path: ['chat'], placement: 'cloud', output: { label: 'freeze_account' } });
    expect(result.confidence).toBeCloseTo(Math.exp(-0.03), 6);
    expect(result.verdict).toMatchObject({ kind: 'accept', calibrated: false });
    const { response_format: format, logprobs: wanted, messages, model } = lastAsked();
    expect([format?.type, wanted, model]).toEqual(['json_schema', true, 'gpt-site']);
    expect(format?.json_schema.schema.properties.label.enum).toHaveLength(151);
    expect(messages.at(-1)?.content).toBe(HARD);
    expect(upstream.requests.at(-1)!.headers['authorization']).toBe(`Bearer ${KEY}`);
  });

  it('of which nobody knows how sure it is meets no demand for confidence', async () => {
    const box = await cloudBox();
    const result = await box.run(hard);
    expect(result).toMatchObject({ tier: 'chat', output: { label: 'freeze_account' }, confidence: undefined });
    expect(result.verdict).toMatchObject({ kind: 'abstain', reason: 'confidence' });
  });

  it('that takes no schema is asked without one', async () => {
    const box = await cloudBox();
    const refused = { status: 400, body: { error: { message: 'no response_format here', type: 'invalid' } } };
    upstream.script({
      chat: (asked) => ((asked as Asked).response_format ? refused : '```json\n{"label": "freeze_account"}\n```'),
    });
    expect((await box.run(hard)).output).toMatchObject({ label: 'freeze_account' });
    expect(lastAsked().response_format).toBeUndefined();
    const before = upstream.counts.chat;
    await box.run(hard);
    expect(upstream.counts.chat).toBe(before + 1);
  });

  it('that makes labels up is not believed, and its words go no further', async () => {
    const box = await cloudBox();
    upstream.script({ chat: says({}, 'steal_money') });
    const result = await box.run(hard);
    expect(result).toMatchObject({ tier: 'nano', verdict: { degraded: 'tier-failed' } });
    expect(eventsOf(result, 'failed')).toMatchObject([{ tier: 'chat', code: 'REMOTE_ANSWER_INVALID' }]);
    expect(JSON.stringify(result)).not.toContain('steal_money');
  });

  it('costs what it says it has read and written', async () => {
    const box = await cloudBox();
    upstream.script({ chat: says({ usage: { prompt: 1500, completion: 7 } }) });
    const { costUsd, sentBytes } = await box.run(hard);
    expect(costUsd).toBeCloseTo((1.1 * (1500 * 2 + 7 * 8)) / 1e6, 12);
    expect(sentBytes).toBeGreaterThan(1000);
  });

  it('is not asked where it costs more than may be spent', async () => {
    const before = upstream.counts.chat;
    const dear = await ask(HARD, { home }, ...CLI, '--max-cost', '0.0001');
    expect(dear).toMatchObject({ tier: 'nano', costUsd: 0, sentBytes: 0, verdict: { kind: 'abstain' } });
    expect(eventsOf(dear, 'plan')[0]?.rejected).toContainEqual(expect.objectContaining({ tier: 'chat', code: 'cost' }));
    expect(upstream.counts.chat).toBe(before);
    const fair = await ask(HARD, { home }, ...CLI, '--max-cost', '0.01');
    expect(fair).toMatchObject({ tier: 'chat', placement: 'cloud', output: { label: 'freeze_account' } });
    expect(fair.costUsd).toBeGreaterThan(0);
  });
});

describe('a model of embeddings', { timeout: LONG_MS }, () => {
  it('embeds, and is asked for the shorter form', async () => {
    const folder = temporaryFolder();
    upstream.script({ embed: () => [3, 4] });
    await add(folder, upstream.url, 'embedder', '--model', 'text-embedding-site');
    const box = await cloudBox(folder);
    const { output } = await box.run({ task: 'feature-extraction', text: EASY, policy: 'embedder' });
    expect(output).toEqual({ kind: 'embedding', vector: [Math.fround(0.6), Math.fround(0.8)] });
    expect(upstream.requests.at(-1)!.body).toMatchObject({ input: EASY, encoding_format: 'base64' });
  });
});

describe('what else speaks the protocol', { timeout: LONG_MS }, () => {
  it("is Portkey's gateway in front of a provider", async () => {
    const gateway = await startPortkey();
    onTestFinished(() => gateway.stop());
    // Where the provider is, the gateway is told by whoever stands in front of it.
    const proxy = await startHeaderProxy(gateway.url, {
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': upstream.url,
    });
    onTestFinished(() => proxy.close());
    const folder = temporaryFolder();
    await add(
      folder,
      `${proxy.url}/v1`,
      'portkey',
      '--protocol',
      'openai',
      '--model',
      'gpt-site',
      '--domain',
      'clinc150',
    );
    const box = await cloudBox(folder);
    const result = await box.run(hard);
    expect(result).toMatchObject({ tier: 'portkey', output: { label: 'freeze_account' } });
    expect(upstream.requests.at(-1)!.headers['authorization']).toBe(`Bearer ${KEY}`);
    upstream.script({ chat: () => ({ status: 429, headers: { 'retry-after': '30' }, body: { error: {} } }) });
    const refused = await box.run(hard);
    expect(refused).toMatchObject({ tier: 'nano' });
    expect(eventsOf(refused, 'failed')).toMatchObject([{ code: 'ENDPOINT_OVERLOADED' }]);
  });

  it('is another Terrace, which says in a header how sure it is', async () => {
    const { url } = await serve(temporaryFolder(), '--log-level', 'silent');
    const folder = temporaryFolder();
    const model = 'terrace/auto:clinc150';
    await add(folder, `${url}/v1`, 'other', '--protocol', 'openai', '--model', model, '--domain', 'clinc150');
    const box = await cloudBox(folder);
    const result = await box.run(hard);
    expect(result).toMatchObject({ path: ['other'], output: { label: 'freeze_account' }, costUsd: 0 });
    expect(result.confidence).toBeGreaterThan(0.9);
  });

  it('is a model of the AI SDK that the application passes', async () => {
    const provider = createOpenAICompatible({
      name: 'scripted',
      baseURL: upstream.url,
      apiKey: KEY,
      supportsStructuredOutputs: true,
    });
    const own = { placement: 'cloud', domains: ['clinc150'], price: { perCall: 0.002 } } as const;
    const box = await startBox(temporaryFolder(), {
      endpoints: [
        { ...own, id: 'own-chat', tasks: ['text-classification'], model: provider.chatModel('gpt-site') },
        { ...own, id: 'own-vectors', tasks: ['feature-extraction'], model: provider.embeddingModel('vectors') },
      ],
    });
    const result = await box.run(hard);
    expect(result).toMatchObject({ tier: 'own-chat', placement: 'cloud', output: { label: 'freeze_account' } });
    expect(result.costUsd).toBe(0.002);
    expect(lastAsked().response_format?.type).toBe('json_schema');
    upstream.script({ embed: () => [3, 4] });
    const embedded = await box.run({ task: 'feature-extraction', text: EASY, policy: 'own-vectors' });
    expect(embedded.output).toMatchObject({ vector: [Math.fround(0.6), Math.fround(0.8)] });
    upstream.script({ chat: () => ({ status: 500, body: { error: { message: 'broken' } } }) });
    const failed = await box.run(hard);
    expect(failed).toMatchObject({ tier: 'nano', verdict: { degraded: 'tier-failed' } });
    expect(eventsOf(failed, 'failed')).toMatchObject([{ tier: 'own-chat', code: 'ENDPOINT_FAILED' }]);
  });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { startScriptedUpstream, type UpstreamScript } from './support/scripted-upstream.js';

const ASK = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };

async function start(script: UpstreamScript) {
  const upstream = await startScriptedUpstream(script);
  onTestFinished(() => upstream.close());
  const { url } = upstream;
  const post = (body: object | string = ASK) =>
    fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { 'x-seen': 'yes' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { upstream, url, post };
}

describe('a scripted upstream', () => {
  it('answers with what it is told to', async () => {
    const { url, post } = await start({
      chat: (ask, count) =>
        count === 1
          ? {
              content: null,
              toolCall: { name: 'classify', arguments: { label: 'a' } },
              logprobs: [{ token: 'a', logprob: -0.1 }],
            }
          : { status: 418, headers: { 'x-tea': '1' }, body: { error: { message: ask.model } } },
    });
    expect(await (await post()).json()).toMatchObject({
      choices: [
        {
          message: { content: null, tool_calls: [{ function: { name: 'classify', arguments: '{"label":"a"}' } }] },
          logprobs: { content: [{ token: 'a', logprob: -0.1, top_logprobs: [] }] },
          finish_reason: 'tool_calls',
        },
      ],
    });
    const refused = await post();
    expect([refused.status, refused.headers.get('x-tea'), await refused.json()]).toEqual([
      418,
      '1',
      { error: { message: 'm' } },
    ]);
    const models = (await (await fetch(`${url}/models`)).json()) as { data: { id: string }[] };
    expect(models.data.map(({ id }) => id)).toEqual(['scripted']);
  });

  it('embeds, as numbers and as base64', async () => {
    const { url } = await start({ embed: (text) => [text.length, 0.5] });
    const embed = async (body: object): Promise<unknown[]> => {
      const response = await fetch(`${url}/embeddings`, {
        method: 'POST',
        body: JSON.stringify({ model: 'm', ...body }),
      });
      return ((await response.json()) as { data: { embedding: unknown }[] }).data.map(({ embedding }) => embedding);
    };
    expect(await embed({ input: ['a', 'bcd'] })).toEqual([
      [1, 0.5],
      [3, 0.5],
    ]);
    const [encoded] = await embed({ input: 'ab', encoding_format: 'base64' });
    expect(Buffer.from(String(encoded), 'base64')).toEqual(Buffer.from(Float32Array.of(2, 0.5).buffer));
  });

  it('keeps what it was asked, also what is no JSON', async () => {
    const { upstream, post } = await start({});
    await (await post()).json();
    await (await post('not JSON {')).text();
    expect(upstream.requests.map(({ path, body }) => ({ path, body }))).toEqual([
      { path: '/v1/chat/completions', body: ASK },
      { path: '/v1/chat/completions', body: 'not JSON {' },
    ]);
    expect(upstream.requests[0]?.headers['x-seen']).toBe('yes');
  });
});

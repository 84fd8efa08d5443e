import { createAiSdkClient, type AiSdkModel, type CodeEndpoint } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { createAnswerer } from '../calls/answerer.js';
import { createCaller, type Caller } from '../calls/caller.js';
import type { Network } from '../network.js';
import { pageModels } from '../worker/page-model.js';
import type { PageCalls } from '../worker/protocol.js';
import { createModelCalls, withoutFunctions } from './page-models.js';

type Generate = (options: { readonly abortSignal: AbortSignal }) => Promise<object>;

/** As between a page and its worker: only data crosses. */
function across(callModel: PageCalls['callModel']): Pick<Caller<PageCalls>, 'call'> {
  const page = createAnswerer<Pick<PageCalls, 'callModel'>>({ callModel });
  const caller = createCaller<PageCalls>('worker');
  caller.connect((message) =>
    page.receive(structuredClone(message), (answer) => caller.receive(structuredClone(answer))),
  );
  return caller;
}

const alwaysOnline: Pick<Network, 'whileOnline'> = { whileOnline: (signal) => signal ?? new AbortController().signal };

function clientOf(doGenerate: Generate, network = alwaysOnline) {
  const model = { specificationVersion: 'v3', provider: 'page', modelId: 'own', doGenerate } as unknown as AiSdkModel;
  const endpoint: CodeEndpoint = { id: 'own', placement: 'cloud', tasks: ['text-classification'], model };
  const page = across(createModelCalls([endpoint]));
  const [inWorker] = pageModels([structuredClone(withoutFunctions(endpoint))], page, network);
  const client = createAiSdkClient({ id: 'own', model: inWorker!.model as AiSdkModel, clock: { wallMs: () => 0 } });
  const ask = { task: 'text-classification', text: 'hello', domain: 'd', labels: ['a', 'b'], outOfScopeLabel: null };
  return (signal = new AbortController().signal) => client.ask(ask as never, signal);
}

const failing =
  (error: unknown): Generate =>
  async () => {
    throw error;
  };
const callError = (fields: object): Error =>
  Object.assign(new Error('the text was: hello'), { name: 'AI_APICallError', request: () => undefined, ...fields });

describe('a model in the page', () => {
  it('is not asked while the page pretends to be offline', async () => {
    const asked: unknown[] = [];
    const over = AbortSignal.abort(Object.assign(new TypeError('cut'), { code: 'OFFLINE' }));
    const generate: Generate = async (options) => asked.push(options) as never;
    await expect(clientOf(generate, { whileOnline: () => over })()).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      facts: { reason: 'OFFLINE' },
    });
    expect(asked).toEqual([]);
  });

  it('answers, and only what Terrace reads of it crosses', async () => {
    const content = [
      { type: 'text', text: '{"label":"b"}' },
      { type: 'source', open: () => undefined },
    ];
    const usage = { inputTokens: { total: 7 }, outputTokens: { total: 3 } };
    const reply = await clientOf(async () => ({ content, usage, response: { body: () => undefined } }))();
    expect(reply).toMatchObject({ answer: { kind: 'label', label: 'b' }, inputTokens: 7, outputTokens: 3 });
  });

  it.each([
    [
      'has too much to do',
      callError({ statusCode: 429, responseHeaders: { 'Retry-After': '7' } }),
      { code: 'ENDPOINT_OVERLOADED', facts: { endpoint: 'own', status: 429, retryAfterMs: 7000 } },
    ],
    ['refuses', callError({ statusCode: 401 }), { code: 'ENDPOINT_REFUSED', facts: { endpoint: 'own', status: 401 } }],
    ['cannot be reached', callError({ isRetryable: true }), { code: 'ENDPOINT_UNREACHABLE' }],
    ['lacks a key', Object.assign(new Error('no key'), { name: 'AI_LoadAPIKeyError' }), { code: 'ENDPOINT_REFUSED' }],
    ['throws', new Error('the text was: hello'), { code: 'ENDPOINT_FAILED' }],
    ['throws no error', 'the text was: hello', { code: 'ENDPOINT_FAILED' }],
    ['throws nothing', undefined, { code: 'ENDPOINT_FAILED' }],
  ])('that %s fails for the worker as it does for the page, without a word of the text', async (_, error, expected) => {
    const failure: unknown = await clientOf(failing(error))().catch((caught: unknown) => caught);
    expect(failure).toMatchObject(expected);
    expect(JSON.stringify([failure, (failure as Error).message, (failure as Error).cause])).not.toContain('hello');
  });

  it('is told when nobody waits for it any more', async () => {
    const control = new AbortController();
    const happened: string[] = [];
    const ask = clientOf(
      ({ abortSignal }) =>
        new Promise((_, reject) => {
          happened.push('asked');
          abortSignal.addEventListener('abort', () => {
            happened.push('ended');
            reject(new Error('ended'));
          });
        }),
    );
    const asking = ask(control.signal);
    await expect.poll(() => happened).toEqual(['asked']);
    control.abort(new Error('the user left'));
    await expect(asking).rejects.toThrow('the user left');
    expect(happened).toEqual(['asked', 'ended']);
  });
});

describe('a server that the page names', () => {
  it('is known to the worker as it was described, and the page is asked nothing', () => {
    const site = {
      id: 'site',
      placement: 'site',
      protocol: 'oip',
      url: 'http://10.0.0.7:8420',
      model: 'auto:{domain}',
      tasks: ['text-classification'],
    } as const;
    const page = across(createModelCalls([site]));
    expect(pageModels([structuredClone(withoutFunctions(site))], page, alwaysOnline)).toEqual([site]);
  });
});

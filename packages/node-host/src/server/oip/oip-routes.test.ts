import { exampleCatalog, exampleModel, fakeFile } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { startServer } from '../testing/start-server.js';
import { writeBytesTensor } from './bytes-tensor.js';
import { oipRoutes } from './oip-routes.js';

const start = (options: Parameters<typeof startServer>[0] = {}) => startServer({ routes: [oipRoutes], ...options });
const infer = (model: string, payload: object | Buffer, headers: Record<string, string> = {}) =>
  ({ method: 'POST', url: `/v2/models/${model}/infer`, payload, headers }) as const;
const texts = (...data: string[]) => ({ inputs: [{ name: 'text', shape: [data.length], datatype: 'BYTES', data }] });
const onlyLabel = { outputs: [{ name: 'label' }] };

describe('health and metadata', () => {
  it('says what the server is and whether it is ready', async () => {
    const { app } = await start();
    expect((await app.inject('/v2')).json()).toMatchObject({ name: 'terrace', extensions: ['binary_tensor_data'] });
    expect((await app.inject('/v2/health/live')).json()).toEqual({ live: true });
    expect((await app.inject('/v2/health/ready')).json()).toEqual({ ready: true });
  });

  it('is not ready before the first model can run', async () => {
    const { app } = await start({ ready: () => false });
    const reply = await app.inject('/v2/health/ready');
    expect([reply.statusCode, reply.json()]).toEqual([503, { ready: false }]);
    expect((await app.inject('/v2/health/live')).statusCode).toBe(200);
  });

  it('lists the models of the device, also as Triton does', async () => {
    const { app } = await start();
    const names = ['base', 'base:bank', 'nano', 'nano:bank', 'terrace/auto:bank'];
    const { models } = (await app.inject('/v2/models')).json<{ models: { name: string }[] }>();
    expect(models.map(({ name }) => name).toSorted()).toEqual(names);
    const index = await app.inject({ method: 'POST', url: '/v2/repository/index', payload: '{}' });
    expect(
      index
        .json<{ name: string; state: string }[]>()
        .map(({ name, state }) => `${name} ${state}`)
        .toSorted(),
    ).toEqual(names.map((name) => `${name} READY`));
  });

  it.each(['base:bank', 'base%3Abank', 'terrace%2Fauto:bank', 'auto:bank'])('knows %s', async (name) => {
    const { app } = await start();
    const version = '/versions/1';
    for (const path of ['', version]) {
      const { name: canonical } = (await app.inject(`/v2/models/${name}${path}`)).json<{ name: string }>();
      expect(decodeURIComponent(canonical)).toContain(':bank');
      expect((await app.inject(`/v2/models/${name}${path}/ready`)).json()).toEqual({ name: canonical, ready: true });
    }
  });

  it.each(['/v2/models/no-such', '/v2/models/base/versions/2', '/v2/models/auto', '/v2/models/base/versions/2/ready'])(
    'finds nothing at %s',
    async (url) => {
      const { app } = await start();
      const reply = await app.inject(url);
      expect(reply.statusCode).toBe(404);
      expect(reply.json()).toEqual({ error: expect.any(String) as string });
    },
  );
});

describe('infer', () => {
  it('runs each text with what the parameters say', async () => {
    const { app, asked } = await start();
    const reply = await app.inject(
      infer('base:bank', { ...texts('a', 'b'), ...onlyLabel, parameters: { timeout: 50_000, priority: 1 } }),
    );
    expect(reply.json()).toMatchObject({
      model_name: 'base:bank',
      model_version: '1',
      outputs: [{ name: 'label', datatype: 'BYTES', shape: [2], data: ['balance', 'balance'] }],
    });
    expect(asked.map(({ input }) => input.text)).toEqual(['a', 'b']);
    expect(asked[0]!.input).toMatchObject({ policy: 'base', domain: 'bank', deadlineMs: 50, priority: 'high' });
  });

  it.each(['application/octet-stream', 'application/json', undefined])(
    'reads raw tensors, whatever type they are said to have: %s',
    async (type) => {
      const { app, asked } = await start();
      const tensor = writeBytesTensor(['a', 'b']);
      const header = Buffer.from(
        JSON.stringify({
          inputs: [{ name: 'text', shape: [2, 1], datatype: 'BYTES', parameters: { binary_data_size: tensor.length } }],
          ...onlyLabel,
        }),
      );
      const headers = {
        'inference-header-content-length': String(header.length),
        ...(type !== undefined && { 'content-type': type }),
      };
      const reply = await app.inject(infer('base:bank', Buffer.concat([header, tensor]), headers));
      expect(reply.statusCode).toBe(200);
      expect(asked.map(({ input }) => input.text)).toEqual(['a', 'b']);
    },
  );

  it('tells one request that is sent again from another under the same name', async () => {
    const { app, asked } = await start();
    const once = { 'idempotency-key': 'one' };
    const first = await app.inject(infer('base:bank', texts('a'), once));
    const second = await app.inject(infer('base:bank', texts('a'), once));
    expect(second.body).toBe(first.body);
    expect(asked).toHaveLength(1);
    expect((await app.inject(infer('base:bank', texts('b'), once))).statusCode).toBe(422);
  });

  it('refuses a version whose weights are not the ones that ran', async () => {
    const base = exampleModel({
      id: 'base',
      variants: [
        { dtype: 'int8', providers: ['cpu'], weights: fakeFile('int8.onnx') },
        { dtype: 'q4', providers: ['cpu'], weights: fakeFile('q4.onnx') },
      ],
    });
    const catalog = exampleCatalog({ models: [base] });
    const { app } = await start({ catalog: () => catalog });
    const versioned = (at: number) =>
      app.inject(infer(`base:bank/versions/${base.variants[at]!.weights.sha256.slice(0, 12)}`, texts('a')));
    // The runtime of this test says that nano ran, so that none of the two did.
    expect((await versioned(1)).statusCode).toBe(404);
  });

  it.each([
    ['an unknown model', 'no-such', texts('a'), 404],
    ['an output that the model does not have', 'base:bank', { ...texts('a'), outputs: [{ name: 'embedding' }] }, 400],
    ['an unknown input', 'base:bank', { inputs: [{ name: 'x', shape: [1], datatype: 'BYTES', data: ['a'] }] }, 400],
    ['too many texts', 'base:bank', texts(...Array.from({ length: 257 }, () => 'a')), 400],
    ['no JSON', 'base:bank', Buffer.from('{'), 400],
    ['nothing', 'base:bank', Buffer.alloc(0), 400],
  ])('refuses %s in the form of the protocol', async (_, model, payload, status) => {
    const { app, asked } = await start();
    const reply = await app.inject(infer(model, payload));
    expect(reply.statusCode).toBe(status);
    expect(reply.json()).toEqual({ error: expect.any(String) as string });
    expect(asked).toHaveLength(0);
  });
});

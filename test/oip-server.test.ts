import { describe, expect, it } from 'vitest';
import { EASY, HARD } from './support/answers.js';
import { serverOfThisFile } from './support/running-server.js';

const server = serverOfThisFile();

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: number[];
  readonly data: (number | string)[];
  readonly parameters?: { readonly binary_data_size: number };
}
interface Reply {
  readonly model_name: string;
  readonly model_version: string;
  readonly id?: string;
  readonly parameters: Record<string, unknown>;
  readonly outputs: Tensor[];
}
interface Metadata {
  readonly versions: string[];
  readonly outputs: { readonly name: string; readonly shape: number[] }[];
  readonly parameters: {
    readonly labels?: string[];
    readonly terrace_variant?: string;
    readonly terrace_delta?: string;
  };
}

const get = async <T>(path: string): Promise<T> => (await fetch(`${server.url}/v2${path}`)).json() as Promise<T>;
const metadata = (model: string) => get<Metadata>(`/models/${encodeURIComponent(model)}`);
const infer = (model: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/v2/models/${encodeURIComponent(model)}/infer`, {
    method: 'POST',
    body: body as NonNullable<RequestInit['body']>,
    headers,
  });
const asked = (data: string[], more: object = {}) =>
  JSON.stringify({ inputs: [{ name: 'text', shape: [data.length], datatype: 'BYTES', data }], ...more });
const inferred = async (model: string, data: string[], more: object = {}): Promise<Reply> =>
  (await infer(model, asked(data, more))).json() as Promise<Reply>;
const outputOf = ({ outputs }: Reply, name: string): Tensor => outputs.find((output) => output.name === name)!;

describe('metadata', () => {
  it('names labels, weights and delta of a classifier', async () => {
    const { versions, outputs, parameters } = await metadata('small:clinc150');
    expect(parameters.labels).toHaveLength(151);
    expect(parameters.terrace_variant?.slice(0, 12)).toBe(versions[1]);
    expect(outputs).toContainEqual({ name: 'logits', datatype: 'FP32', shape: [-1, 151] });
  });

  it('names the weights that a model with several variants runs on', async () => {
    const before = (await metadata('base:clinc150')).parameters;
    const { parameters } = await inferred('base:clinc150', [EASY]);
    expect(parameters).toMatchObject({
      terrace_variant: before.terrace_variant,
      terrace_delta: before.terrace_delta,
      terrace_tier: 'base',
    });
  });
});

describe('infer', () => {
  it('gives labels, confidences and the log-probability of every label', async () => {
    const reply = await inferred('base:clinc150', [EASY, HARD], { id: 'seven' });
    const { labels } = (await metadata('base:clinc150')).parameters;
    expect(reply.id).toBe('seven');
    expect(outputOf(reply, 'label').data).toEqual(['credit_score', 'freeze_account']);
    expect(outputOf(reply, 'confidence').shape).toEqual([2]);
    const { shape, data } = outputOf(reply, 'logits');
    expect(shape).toEqual([2, 151]);
    const first = data.slice(0, 151) as number[];
    expect(first.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 3);
    expect(labels![first.indexOf(Math.max(...first))]).toBe('credit_score');
  });

  it('gives the same as raw tensors', async () => {
    const plain = await inferred('nano:clinc150', [EASY]);
    const reply = await infer('nano:clinc150', asked([EASY], { parameters: { binary_data_output: true } }));
    const bytes = Buffer.from(await reply.arrayBuffer());
    const length = Number(reply.headers.get('inference-header-content-length'));
    const { outputs } = JSON.parse(bytes.toString('utf8', 0, length)) as Reply;
    let at = length;
    const raw = new Map(
      outputs.map(({ name, parameters }) => {
        const from = at;
        at += parameters!.binary_data_size;
        return [name, bytes.subarray(from, at)];
      }),
    );
    expect(at).toBe(bytes.length);
    const label = raw.get('label')!;
    expect(label.toString('utf8', 4, 4 + label.readUInt32LE())).toBe('credit_score');
    const logits = raw.get('logits')!;
    for (const [i, value] of outputOf(plain, 'logits').data.entries()) {
      expect(logits.readFloatLE(4 * i)).toBeCloseTo(value as number, 1);
    }
  });

  it('takes raw texts', async () => {
    const text = Buffer.from(EASY);
    const tensor = Buffer.concat([Buffer.from(Uint32Array.of(text.length).buffer), text]);
    const input = { name: 'text', shape: [1, 1], datatype: 'BYTES', parameters: { binary_data_size: tensor.length } };
    const header = Buffer.from(JSON.stringify({ inputs: [input], outputs: [{ name: 'label' }] }));
    const reply = await infer('nano:clinc150', Buffer.concat([header, tensor]), {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(header.length),
    });
    expect(((await reply.json()) as Reply).outputs).toMatchObject([{ name: 'label', data: ['credit_score'] }]);
  });

  it('embeds', async () => {
    const reply = await inferred('base', [EASY, HARD]);
    const { shape, data } = outputOf(reply, 'embedding');
    expect(shape).toEqual([2, 384]);
    expect(Math.hypot(...(data.slice(384) as number[]))).toBeCloseTo(1, 4);
  });

  it('climbs where the model is a ladder', async () => {
    const reply = await inferred('auto:clinc150', [EASY, HARD]);
    expect(reply.model_name).toBe('terrace/auto:clinc150');
    expect(outputOf(reply, 'label').data[0]).toBe('credit_score');
    expect(String(reply.parameters['terrace_request_id']).split(',')).toHaveLength(2);
  });

  it('answers many clients at once, each its own', async () => {
    const texts = [EASY, HARD, 'what time is it', 'translate hello to french'];
    const alone = await Promise.all(texts.map((text) => inferred('nano:clinc150', [text])));
    const many = await Promise.all(Array.from({ length: 64 }, (_, i) => inferred('nano:clinc150', [texts[i % 4]!])));
    for (const [i, reply] of many.entries()) {
      expect(outputOf(reply, 'label').data).toEqual(outputOf(alone[i % 4]!, 'label').data);
    }
  });

  it('refuses a text that the runtime refuses', async () => {
    const reply = await infer('nano:clinc150', asked([EASY, '']));
    expect([reply.status, await reply.json()]).toEqual([400, { error: expect.stringContaining('empty') as string }]);
  });
});

import type { FetchServer } from '@terrace/core/testing';
import { onTestFinished } from 'vitest';
import { startFetchServer } from '../../remote/testing/fetch-server.js';
import { createUndiciFetch } from '../../remote/undici-fetch.js';
import { systemClock } from '../../system-clock.js';
import type { EndpointPorts } from '../describe-endpoint.js';

/** What a server says: JSON, a status alone, or nothing at all. */
export type Said = object | number | 'stall';

/** A server on loopback that speaks JSON. @param answer by method, path and body */
export function startJsonServer(answer: (path: string, body: unknown) => Said | undefined): Promise<FetchServer> {
  return startFetchServer(({ method, path, body }) => {
    const said = answer(`${method} ${decodeURIComponent(path)}`, body.length > 0 ? parse(body) : undefined) ?? 404;
    if (said === 'stall') return { kind: 'stall' };
    if (typeof said === 'number') return { kind: 'reply', status: said, body: new TextEncoder().encode('{}') };
    const headers = { 'content-type': 'application/json' };
    return { kind: 'reply', headers, body: new TextEncoder().encode(JSON.stringify(said)) };
  });
}

const parse = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

/** The network of a test, which ends with it. */
export function testPorts(changes: Partial<EndpointPorts> = {}): EndpointPorts {
  const network = createUndiciFetch();
  onTestFinished(() => network.close());
  return { fetch: network.fetch, keys: () => undefined, clock: systemClock, timeoutMs: 5000, ...changes };
}

export interface SiteModel {
  readonly labels?: readonly string[];
  readonly serves?: { readonly model: string; readonly variant: string; readonly delta: string };
}

/** A Terrace, as far as the Open Inference Protocol tells: its models by name, and what they say of a text. */
export function siteAnswers(
  models: Readonly<Record<string, SiteModel>>,
  say: (model: string, text: string) => string,
): (path: string, body: unknown) => Said | undefined {
  return (path, body) => {
    if (path === 'GET /v2/models') return { models: Object.keys(models).map((name) => ({ name })) };
    const [, method, asked = '', infer] = /^(GET|POST) \/v2\/models\/(.+?)(\/infer)?$/.exec(path) ?? [];
    const name = asked in models ? asked : `terrace/${asked}`;
    const model = models[name];
    if (!model) return undefined;
    if (method === 'GET') return metadataOf(name, model);
    if (infer === undefined) return undefined;
    const { id, inputs, outputs } = body as { id: string; inputs: [{ data: [string] }]; outputs: { name: string }[] };
    const label = say(name, inputs[0].data[0]);
    return { id, model_name: name, outputs: outputs.map((output) => tensor(output.name, label, model)) };
  };
}

function metadataOf(name: string, { labels, serves }: SiteModel): object {
  const numbers = (output: string, width: number) => ({ name: output, datatype: 'FP32', shape: [-1, width] });
  return {
    name,
    inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
    outputs: labels
      ? [
          numbers('logits', labels.length),
          { name: 'label', datatype: 'BYTES', shape: [-1] },
          { name: 'confidence', datatype: 'FP32', shape: [-1] },
        ]
      : [numbers('embedding', 4)],
    parameters: {
      ...(labels && { labels }),
      ...(serves && {
        terrace_model: serves.model,
        terrace_variant: serves.variant,
        ...(serves.delta && { terrace_delta: serves.delta }),
      }),
    },
  };
}

function tensor(name: string, label: string, { labels = [] }: SiteModel): object {
  switch (name) {
    case 'label':
      return { name, datatype: 'BYTES', shape: [1], data: [label] };
    case 'confidence':
      return { name, datatype: 'FP32', shape: [1], data: [0.9] };
    case 'logits':
      return {
        name,
        datatype: 'FP32',
        shape: [1, labels.length],
        data: labels.map((each) => (each === label ? 5 : 0)),
      };
    default:
      return { name, datatype: 'FP32', shape: [1, 4], data: [1, 0, 0, 0] };
  }
}

import type { Catalog, Result } from '@terrace/core';
import { exampleCatalog, EXAMPLE_LABELS } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parseModelName } from '../model-name.js';
import { readBytesTensor } from './bytes-tensor.js';
import { inferResponse } from './infer-response.js';
import { parseInfer } from './infer-request.js';
import { describeModel, oipModel, weightsOfVersion, type OipModel } from './model-metadata.js';

const catalog: Catalog = exampleCatalog();
const DOMAIN = catalog.domains[0]!.id;
const BASE = catalog.models.find(({ id }) => id === 'base')!;
const named = (name: string): OipModel => oipModel(parseModelName(name, catalog), catalog)!;
const bank = named(`base:${DOMAIN}`);

const resultOf = (tier: string, answer: object, more: object = {}) =>
  ({
    requestId: `id-${tier}`,
    tier,
    placement: 'device',
    path: [tier],
    confidence: 0.5,
    costUsd: 0,
    verdict: { kind: 'accept' },
    output: { kind: 'classification', label: EXAMPLE_LABELS[0], alternatives: [], outOfScope: false },
    answer,
    trace: [{ kind: 'run', tier, variant: BASE.variants[0]!.dtype, tokens: 3 }],
    ...more,
  }) as unknown as Result;
const scores = (...values: number[]) => ({
  kind: 'scores',
  labels: EXAMPLE_LABELS,
  logProbs: Float64Array.from(EXAMPLE_LABELS, (_, i) => values[i] ?? -8),
});

const ask = (more: object = {}) =>
  parseInfer(
    Buffer.from(
      JSON.stringify({ id: '7', inputs: [{ name: 'text', shape: [1], datatype: 'BYTES', data: ['a'] }], ...more }),
    ),
    { headerLength: undefined, maxTexts: 8, jsonDepth: 32 },
  );
const answer = (oip: OipModel, request: object, results: Result[]) =>
  inferResponse(oip, ask(request), results as [Result, ...Result[]], { version: '1', catalog });

describe('inferResponse', () => {
  it('gives every output of a classifier as JSON, and tells what computed it', () => {
    const { body, headers } = answer(bank, {}, [resultOf('base', scores(-0.5)), resultOf('base', scores(-0.25))]);
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body as string)).toEqual({
      model_name: `base:${DOMAIN}`,
      model_version: '1',
      id: '7',
      parameters: {
        terrace_tier: 'base',
        terrace_variant: BASE.variants[0]!.weights.sha256,
        terrace_delta: bank.delta!.contentId,
        terrace_cost_usd: 0,
        terrace_request_id: 'id-base,id-base',
      },
      outputs: [
        {
          name: 'logits',
          datatype: 'FP32',
          shape: [2, EXAMPLE_LABELS.length],
          data: [...scores(-0.5).logProbs, ...scores(-0.25).logProbs],
        },
        { name: 'label', datatype: 'BYTES', shape: [2], data: [EXAMPLE_LABELS[0], EXAMPLE_LABELS[0]] },
        { name: 'confidence', datatype: 'FP32', shape: [2], data: [0.5, 0.5] },
      ],
    });
  });

  it('puts raw outputs behind the JSON, in its order', () => {
    const request = { parameters: { binary_data_output: true }, outputs: [{ name: 'label' }, { name: 'logits' }] };
    const { body, headers } = answer(bank, request, [resultOf('base', scores(-0.5))]);
    const length = Number(headers['inference-header-content-length']);
    const bytes = body as Buffer;
    const { outputs } = JSON.parse(bytes.toString('utf8', 0, length)) as {
      outputs: { name: string; parameters: { binary_data_size: number } }[];
    };
    expect(outputs.map(({ name }) => name)).toEqual(['label', 'logits']);
    const [label, logits] = outputs.map(({ parameters }) => parameters.binary_data_size) as [number, number];
    expect(bytes.length).toBe(length + label + logits);
    expect(readBytesTensor(bytes.subarray(length, length + label), 1)).toEqual([EXAMPLE_LABELS[0]]);
    expect(bytes.readFloatLE(length + label)).toBe(-0.5);
    expect(logits).toBe(4 * EXAMPLE_LABELS.length);
  });

  it('names no weights where several had a part in the answer', () => {
    const { body } = answer(named(`auto:${DOMAIN}`), {}, [
      resultOf('base', scores(-0.5), { path: ['nano', 'base'] }),
      resultOf('nano', scores(-0.5)),
    ]);
    const { parameters } = JSON.parse(body as string) as { parameters: Record<string, unknown> };
    expect(parameters).toEqual({
      terrace_tier: 'base,nano',
      terrace_cost_usd: 0,
      terrace_request_id: 'id-base,id-nano',
    });
  });

  it('leaves scores out that an answer does not have, and refuses where they were asked for', () => {
    const onlyLabel = resultOf('far', { kind: 'label', labels: EXAMPLE_LABELS, label: EXAMPLE_LABELS[0] });
    const unsure = { ...onlyLabel, confidence: undefined };
    const { body } = answer(bank, {}, [unsure]);
    const { outputs } = JSON.parse(body as string) as { outputs: { name: string; data: unknown[] }[] };
    expect(outputs.map(({ name }) => name)).toEqual(['label', 'confidence']);
    expect(outputs[1]?.data).toEqual([0]);
    expect(() => answer(bank, { outputs: [{ name: 'logits' }] }, [unsure])).toThrow(/not known/);
  });

  it('puts scores into the order of the model', () => {
    const turned = {
      kind: 'scores',
      labels: EXAMPLE_LABELS.toReversed(),
      logProbs: scores(-1, -2).logProbs.toReversed(),
    };
    const { body } = answer(bank, { outputs: [{ name: 'logits' }] }, [resultOf('base', turned)]);
    const { outputs } = JSON.parse(body as string) as { outputs: { data: number[] }[] };
    expect(outputs[0]?.data).toEqual([...scores(-1, -2).logProbs]);
  });
});

describe('describeModel', () => {
  it('tells tensors, labels, weights and delta', () => {
    expect(describeModel(bank, 'f'.repeat(64))).toEqual({
      name: `base:${DOMAIN}`,
      versions: ['1', ...BASE.variants.map(({ weights }) => weights.sha256.slice(0, 12))],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
      outputs: [
        { name: 'logits', datatype: 'FP32', shape: [-1, EXAMPLE_LABELS.length] },
        { name: 'label', datatype: 'BYTES', shape: [-1] },
        { name: 'confidence', datatype: 'FP32', shape: [-1] },
      ],
      parameters: {
        labels: EXAMPLE_LABELS,
        terrace_model: 'base',
        terrace_variant: 'f'.repeat(64),
        terrace_delta: bank.delta!.contentId,
        terrace_domain: DOMAIN,
      },
    });
    expect(describeModel(named('base'), undefined)).toMatchObject({
      outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, BASE.hidden] }],
    });
    expect(describeModel(named(`auto:${DOMAIN}`), undefined)).toMatchObject({ platform: 'terrace', versions: ['1'] });
  });

  it('knows versions by the weights', () => {
    const { sha256 } = BASE.variants[0]!.weights;
    expect(weightsOfVersion(bank, '1')).toBeUndefined();
    expect(weightsOfVersion(bank, sha256.slice(0, 12))).toBe(sha256);
    expect(weightsOfVersion(bank, '2')).toBeNull();
  });

  it('is no model of the protocol: a ladder without a domain', () => {
    expect(named('auto')).toBeUndefined();
  });
});

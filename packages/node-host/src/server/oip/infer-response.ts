import type { Catalog, Result } from '@terrace/core';
import type { Answer } from '../server-context.js';
import { terraceHeaders } from '../terrace-headers.js';
import { writeFloats } from '../write-floats.js';
import type { InferRequest } from './infer-request.js';
import type { OipModel } from './model-metadata.js';
import { outputTensor, tensorBytes, type OutputTensor } from './output-tensor.js';
import { refused } from './refusal.js';
import { variantOf } from './served-variants.js';

type Results = readonly [Result, ...Result[]];

/**
 * The answer of `infer`: JSON, and behind it, in the order of the outputs, those that are wanted as raw bytes.
 * @throws InvalidRequestError when an output is asked for that the tier which answered does not have
 */
export function inferResponse(
  oip: OipModel,
  { id, outputs: wanted, isBinary }: InferRequest,
  results: Results,
  { version, catalog }: { version: string; catalog: Catalog },
): Answer {
  const tensors = (wanted ?? oip.outputs).flatMap((name) => {
    const known = oip.outputs.find((output) => output === name)!;
    const tensor = outputTensor(known, results, oip);
    if (tensor) return [tensor];
    if (!wanted) return [];
    throw refused(
      `The output "${name}" is not known: what answered names a label and gives no scores.`,
      'Ask for "label" and "confidence", or a model of this device.',
    );
  });
  const raw: Buffer[] = [];
  const written = tensors.map((tensor) => {
    if (!isBinary(tensor.name)) return `${opening(tensor)},"data":${dataOf(tensor)}}`;
    const bytes = tensorBytes(tensor);
    raw.push(bytes);
    return `${opening(tensor)},"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const head = JSON.stringify({
    model_name: oip.choice.name,
    model_version: version,
    ...(id !== undefined && { id }),
    parameters: parametersOf(oip, results, catalog),
  });
  const json = `${head.slice(0, -1)},"outputs":[${written.join(',')}]}`;
  const headers = terraceHeaders(...results);
  if (raw.length === 0) {
    return { status: 200, headers: { 'content-type': 'application/json', ...headers }, body: json };
  }
  const header = Buffer.from(json);
  return {
    status: 200,
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(header.length),
      ...headers,
    },
    body: Buffer.concat([header, ...raw]),
  };
}

const opening = ({ name, datatype, shape }: OutputTensor): string =>
  `{"name":"${name}","datatype":"${datatype}","shape":[${shape.join(',')}]`;

const dataOf = (tensor: OutputTensor): string =>
  tensor.datatype === 'BYTES' ? JSON.stringify(tensor.values) : writeFloats(tensor.values);

/** Which tiers answered; which weights and delta, where one and the same computed every answer by itself. */
function parametersOf({ choice }: OipModel, results: Results, catalog: Catalog): object {
  const [{ tier }] = results;
  const variant = variantOf(results[0], catalog);
  const isOne = results.every((each) => each.path.length === 1 && variantOf(each, catalog) === variant);
  const delta = catalog.deltas.find(({ domain, base }) => domain === choice.domain && base.id === tier);
  let costUsd = 0;
  for (const result of results) costUsd += result.costUsd;
  return {
    terrace_tier: [...new Set(results.map((each) => each.tier))].join(','),
    ...(isOne && variant !== undefined && { terrace_variant: variant }),
    ...(isOne && variant !== undefined && delta && { terrace_delta: delta.contentId }),
    terrace_cost_usd: costUsd,
    // In the order of the texts: a parameter holds one value.
    terrace_request_id: results.map(({ requestId }) => requestId).join(','),
  };
}

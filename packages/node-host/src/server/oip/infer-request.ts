import type { RequestInput } from '@terrace/core';
import { parseJsonBody } from '../json-body.js';
import { readBytesTensor } from './bytes-tensor.js';
import { inferBodySchema, type InferBody, type InferInput } from './infer-body.js';
import { refused } from './refusal.js';

/** The one input of every model here. */
export const TEXT_INPUT = 'text';

export interface InferRequest {
  readonly id: string | undefined;
  readonly texts: readonly string[];
  /** In the order of the request; undefined for everything there is. */
  readonly outputs: readonly string[] | undefined;
  /** Whether an output is wanted as raw bytes behind the JSON. */
  readonly isBinary: (output: string) => boolean;
  readonly requirements: Pick<RequestInput, 'deadlineMs' | 'maxRisk' | 'minConfidence' | 'maxCostUsd' | 'residency'>;
  readonly priority: 'high' | 'normal' | undefined;
}

/**
 * Reads `infer`: JSON, or JSON with the raw tensors that it gives sizes for behind it.
 * @param headerLength the header `Inference-Header-Content-Length`: bytes of JSON, where tensors follow
 * @param jsonDepth levels of arrays and objects that are read
 * @throws InvalidRequestError
 */
export function parseInfer(
  body: Buffer,
  { headerLength, maxTexts, jsonDepth }: { headerLength: string | undefined; maxTexts: number; jsonDepth: number },
): InferRequest {
  const jsonBytes = headerLength === undefined ? body.length : jsonLength(headerLength, body.length);
  const header = parseHeader(body.subarray(0, jsonBytes), jsonDepth);
  const texts = readTexts(header, body.subarray(jsonBytes), maxTexts);
  const { id, outputs, parameters = {} } = header;
  const all = parameters.binary_data_output ?? false;
  const own = new Map(outputs?.map((output) => [output.name, output.parameters?.binary_data ?? all]));
  if (outputs && own.size < outputs.length) throw refused('An output is asked for twice.', 'Name each output once.');
  return {
    id,
    texts,
    outputs: outputs?.map(({ name }) => name),
    isBinary: (output) => own.get(output) ?? all,
    requirements: requirementsOf(parameters),
    priority: priorityOf(parameters.priority),
  };
}

function jsonLength(text: string, bytes: number): number {
  const length = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (length <= bytes) return length;
  throw refused(
    'The header "inference-header-content-length" is no length within the body.',
    'Set it to the bytes of JSON in front of the tensors.',
  );
}

function parseHeader(bytes: Buffer, jsonDepth: number): InferBody {
  const parsed = inferBodySchema.safeParse(parseJsonBody(bytes, jsonDepth));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.').slice(0, 64) || 'the body';
  if (issue?.code === 'unrecognized_keys') {
    const key = (issue.keys[0] ?? '').slice(0, 64);
    throw refused(`There is an unknown field "${key}" in ${where}.`, 'Leave it out, or correct its spelling.');
  }
  throw refused(`The request is wrong at ${where}: ${issue?.message ?? 'unreadable'}.`, `Correct ${where}.`);
}

function readTexts({ inputs }: InferBody, raw: Buffer, maxTexts: number): string[] {
  const unknown = inputs.find(({ name }) => name !== TEXT_INPUT);
  if (unknown) {
    const name = unknown.name.slice(0, 64);
    throw refused(`There is no input "${name}".`, `The input is "${TEXT_INPUT}", BYTES with the shape [n].`);
  }
  const [input] = inputs as [InferInput, ...InferInput[]];
  if (inputs.length > 1) throw refused(`The input "${TEXT_INPUT}" is there twice.`, 'Send one tensor with all texts.');
  if (input.datatype !== 'BYTES') throw refused('The input is not BYTES.', 'Send texts as the datatype BYTES.');
  const count = countOf(input.shape);
  if (count > maxTexts) throw refused(`There are ${count} texts; the limit is ${maxTexts}.`, 'Send several requests.');
  const size = input.parameters?.binary_data_size;
  if (size === undefined) {
    if (raw.length > 0) throw refused('There are bytes behind the JSON that no input names.', 'Give their size.');
    return listedTexts(input.data, count);
  }
  if (input.data) throw refused('The input has both data and a binary size.', 'Send one of them.');
  if (size !== raw.length) {
    throw refused(
      `The input names ${size} bytes, and ${raw.length} follow the JSON.`,
      'Set "binary_data_size" and the header "inference-header-content-length" to what is sent.',
    );
  }
  return readBytesTensor(raw, count);
}

/** Rows of one text: [n], or [n, 1] as batching servers have it. */
function countOf([count = 0, ...others]: readonly number[]): number {
  const isColumn = others.length === 0 || (others.length === 1 && others[0] === 1);
  if (!isColumn) throw refused('The shape of the input is wrong.', 'Send [n], or [n, 1], for n texts.');
  if (count === 0) throw refused('There is no text in the input.', 'Send at least one.');
  return count;
}

function listedTexts(data: readonly unknown[] | undefined, count: number): string[] {
  if (!data) throw refused('The input has no data.', 'Send "data", or "binary_data_size" and the bytes.');
  if (data.length !== count) {
    throw refused(`The input has ${data.length} texts, and its shape says ${count}.`, 'Correct its shape.');
  }
  return data.map((each, i) => {
    const text: unknown = Array.isArray(each) && each.length === 1 ? each[0] : each;
    if (typeof text === 'string') return text;
    throw refused(`Element ${i} of the input is not a string.`, 'Send texts as strings.');
  });
}

function requirementsOf(parameters: NonNullable<InferBody['parameters']>): InferRequest['requirements'] {
  const { timeout, deadline_ms, max_risk: maxRisk, min_confidence: minConfidence, residency } = parameters;
  const deadlineMs = deadline_ms ?? (timeout === undefined ? undefined : timeout / 1000);
  return {
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(maxRisk !== undefined && { maxRisk }),
    ...(minConfidence !== undefined && { minConfidence }),
    ...(parameters.max_cost_usd !== undefined && { maxCostUsd: parameters.max_cost_usd }),
    ...(residency !== undefined && { residency }),
  };
}

/** In Triton 1 goes first, and 0 is as usual. */
function priorityOf(priority: string | number | undefined): InferRequest['priority'] {
  if (priority === undefined || priority === 0) return undefined;
  return priority === 1 || priority === 'high' ? 'high' : 'normal';
}

import type { Result } from '@terrace/core';
import { writeBytesTensor } from './bytes-tensor.js';
import { endianness } from 'node:os';
import type { OipModel, OutputName } from './model-metadata.js';

export type OutputTensor =
  | { readonly name: OutputName; readonly datatype: 'FP32'; readonly shape: number[]; readonly values: Float32Array }
  | {
      readonly name: OutputName;
      readonly datatype: 'BYTES';
      readonly shape: number[];
      readonly values: readonly string[];
    };

type Answered = Pick<Result, 'output' | 'answer' | 'confidence'>;

/** Nobody knows how sure the answer is: as good as not at all. */
const UNKNOWN = 0;
const SWAP = endianness() === 'BE';

/**
 * One output of a model over all its texts.
 * @returns undefined when an answer does not have it: a tier that only names a label has no scores
 */
export function outputTensor(
  name: OutputName,
  results: readonly Answered[],
  { labels }: Pick<OipModel, 'labels'>,
): OutputTensor | undefined {
  switch (name) {
    case 'embedding':
      return rows(name, results, results[0]?.answer.kind === 'embedding' ? results[0].answer.vector.length : 0);
    case 'logits':
      return rows(name, results, labels.length, labels);
    case 'label': {
      const values = results.map(({ output }) => (output.kind === 'classification' ? output.label : ''));
      return { name, datatype: 'BYTES', shape: [values.length], values };
    }
    case 'confidence': {
      const values = Float32Array.from(results, ({ confidence }) => confidence ?? UNKNOWN);
      return { name, datatype: 'FP32', shape: [values.length], values };
    }
    default:
      return name satisfies never;
  }
}

/** As raw bytes, lowest first. */
export function tensorBytes(tensor: OutputTensor): Buffer {
  if (tensor.datatype === 'BYTES') return writeBytesTensor(tensor.values);
  const { buffer, byteOffset, byteLength } = tensor.values;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  return SWAP ? Buffer.from(bytes).swap32() : bytes;
}

function rows(
  name: OutputName,
  results: readonly Answered[],
  width: number,
  labels?: readonly string[],
): OutputTensor | undefined {
  const values = new Float32Array(results.length * width);
  for (const [i, { answer }] of results.entries()) {
    const row = labels ? scoresOf(answer, labels) : answer.kind === 'embedding' ? answer.vector : undefined;
    if (row?.length !== width) return undefined;
    values.set(row, i * width);
  }
  return { name, datatype: 'FP32', shape: [results.length, width], values };
}

/** In the order of the model's labels, as its metadata lists them. */
function scoresOf(answer: Result['answer'], labels: readonly string[]): Float64Array | undefined {
  if (answer.kind !== 'scores' || answer.labels.length !== labels.length) return undefined;
  if (labels.every((label, i) => label === answer.labels[i])) return answer.logProbs;
  const known = new Map(answer.labels.map((label, i) => [label, answer.logProbs[i]!]));
  return labels.every((label) => known.has(label))
    ? Float64Array.from(labels, (label) => known.get(label)!)
    : undefined;
}

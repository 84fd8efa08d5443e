import type { Endpoint } from '../catalog/endpoint.js';
import type { TierAnswer } from '../tasks/answer.js';
import type { EndpointClient, RemoteAsk } from './endpoint-client.js';
import type { Exchange } from './exchange.js';
import { notForIt, wrongAnswer } from './exchange-failure.js';
import { modelName } from './model-name.js';
import { describeOip } from './oip-description.js';
import { modelPath } from './oip-path.js';
import { readInfer, type InferReply, type Tensor } from './oip-tensors.js';
import { embeddingAnswer, estimatedTokens, labelAnswer, scoresAnswer } from './reply-values.js';

type Tensors = NonNullable<Endpoint['tensors']>;

/** As Terrace's own server names them. */
const DEFAULT_TENSORS: Tensors = { text: 'text', column: false, scores: 'logits', embedding: 'embedding' };

/** The Open Inference Protocol v2 of Triton, KServe and Terrace, with the binary tensor extension for numbers. */
export function createOipClient(
  endpoint: Pick<Endpoint, 'id' | 'model' | 'tensors' | 'labels' | 'domains'>,
  exchange: Exchange,
): EndpointClient {
  const endpointId = endpoint.id;
  const tensors = endpoint.tensors ?? DEFAULT_TENSORS;
  return {
    async ask(ask, signal) {
      const model = modelName(endpoint, ask.domain);
      const wanted = wantedOutputs(endpointId, ask, tensors);
      const reply = await exchange({
        path: `${modelPath(model)}/infer`,
        body: JSON.stringify({
          id: ask.requestId,
          inputs: [{ name: tensors.text, shape: tensors.column ? [1, 1] : [1], datatype: 'BYTES', data: [ask.text] }],
          outputs: wanted.map(({ name, isBinary }) => ({ name, parameters: { binary_data: isBinary } })),
        }),
        headers: {
          accept: 'application/json, application/octet-stream',
          'idempotency-key': encodeURIComponent(ask.requestId),
        },
        signal,
      });
      const { bytes, contentType, sentBytes } = reply;
      const headerLength = reply.header('inference-header-content-length');
      const inferred = readInfer(endpointId, { bytes, contentType, headerLength });
      if (inferred.id !== undefined && inferred.id !== '' && inferred.id !== ask.requestId)
        throw wrongAnswer(endpointId, 'it belongs to another request');
      const { terrace_variant: variant, terrace_delta: delta, terrace_cost_usd: costUsd } = inferred.parameters;
      return {
        answer: answerOf(endpoint, ask, tensors, inferred),
        inputTokens: estimatedTokens(ask.text),
        outputTokens: 0,
        sentBytes,
        receivedBytes: bytes.length,
        computedBy: variant ? { variant, delta: delta ?? undefined } : undefined,
        costUsd: costUsd ?? undefined,
      };
    },
    describe: (signal) => describeOip(endpoint, exchange, signal),
  };
}

interface Wanted {
  readonly name: string;
  /** Numbers are shorter and exact in binary; texts are neither. */
  readonly isBinary: boolean;
}

/** @throws EndpointRefusedError when its outputs have no answer to the task */
function wantedOutputs(endpointId: string, { task }: RemoteAsk, tensors: Tensors): Wanted[] {
  const numbers = (name: string): Wanted => ({ name, isBinary: true });
  switch (task) {
    case 'feature-extraction':
      if (tensors.embedding !== undefined) return [numbers(tensors.embedding)];
      break;
    case 'text-classification':
      if (tensors.scores !== undefined) return [numbers(tensors.scores)];
      if (tensors.label !== undefined)
        return [
          { name: tensors.label, isBinary: false },
          ...(tensors.confidence === undefined ? [] : [numbers(tensors.confidence)]),
        ];
      break;
    default:
      throw task satisfies never;
  }
  throw notForIt(endpointId, `has no output for ${task}`, 'Name the outputs under `tensors` in its endpoint.json.');
}

function answerOf(
  { id, labels: own }: Pick<Endpoint, 'id' | 'labels'>,
  { task, labels }: RemoteAsk,
  tensors: Tensors,
  reply: InferReply,
): TierAnswer {
  if (task === 'feature-extraction') return embeddingAnswer(id, numbersOf(id, reply, tensors.embedding));
  if (tensors.scores !== undefined) return scoresAnswer(id, numbersOf(id, reply, tensors.scores), labels, own);
  const label = tensorOf(id, reply, tensors.label).values;
  if (label.length !== 1 || typeof label[0] !== 'string') throw wrongAnswer(id, 'it has not one label');
  const confidence = tensors.confidence === undefined ? undefined : numbersOf(id, reply, tensors.confidence)[0];
  return labelAnswer(id, label[0], labels, typeof confidence === 'number' ? confidence : undefined);
}

/** The values of one text: whatever the other dimensions are, the batch is 1. */
function numbersOf(id: string, reply: InferReply, name: string | undefined): Tensor['values'] {
  const { datatype, shape, values } = tensorOf(id, reply, name);
  if (datatype === 'BYTES') throw wrongAnswer(id, 'a tensor of numbers is one of texts');
  if (shape.length > 1 && shape[0] !== 1) throw wrongAnswer(id, 'it is about more than one text');
  return values;
}

function tensorOf(id: string, { outputs }: InferReply, name: string | undefined): Tensor {
  const found = outputs.find((output) => output.name === name);
  if (!found) throw wrongAnswer(id, 'an output that was asked for is missing');
  return found;
}

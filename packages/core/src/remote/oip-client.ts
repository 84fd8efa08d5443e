import type { Endpoint } from '../catalog/endpoint.js';
import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import type { TierAnswer } from '../tasks/answer.js';
import type { EndpointClient, RemoteAsk, RemoteReply } from './endpoint-client.js';
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

  async function infer(ask: RemoteAsk, outputs: Outputs, key: string, signal: AbortSignal): Promise<RemoteReply> {
    const reply = await exchange({
      path: `${modelPath(modelName(endpoint, ask.domain))}/infer`,
      body: JSON.stringify({
        id: ask.requestId,
        inputs: [{ name: tensors.text, shape: tensors.column ? [1, 1] : [1], datatype: 'BYTES', data: [ask.text] }],
        outputs: wantedOutputs(outputs),
      }),
      headers: { accept: 'application/json, application/octet-stream', 'idempotency-key': encodeURIComponent(key) },
      signal,
    });
    const { bytes, contentType, sentBytes } = reply;
    const headerLength = reply.header('inference-header-content-length');
    const inferred = readInfer(endpointId, { bytes, contentType, headerLength });
    if (inferred.id !== undefined && inferred.id !== '' && inferred.id !== ask.requestId)
      throw wrongAnswer(endpointId, 'it belongs to another request');
    const { terrace_variant: variant, terrace_delta: delta, terrace_cost_usd: costUsd } = inferred.parameters;
    return {
      answer: answerOf(endpoint, ask.labels, outputs, inferred),
      inputTokens: estimatedTokens(ask.text),
      outputTokens: 0,
      sentBytes,
      receivedBytes: bytes.length,
      computedBy: variant ? { variant, delta: delta ?? undefined } : undefined,
      costUsd: costUsd ?? undefined,
    };
  }

  return {
    async ask(ask, signal) {
      const [first, ...others] = outputsFor(endpointId, ask, tensors);
      try {
        return await infer(ask, first, ask.requestId, signal);
      } catch (error) {
        // A ladder may end with a tier that has no scores: the label alone is an answer, too.
        const [label] = others;
        if (!label || !EndpointRefusedError.isInstance(error) || error.facts['status'] !== 400) throw error;
        return infer(ask, label, `${ask.requestId}.${label.kind}`, signal);
      }
    },
    describe: (signal) => describeOip(endpoint, exchange, signal),
  };
}

/** By which outputs a task is answered. */
type Outputs =
  | { readonly kind: 'scores' | 'embedding'; readonly values: string }
  | { readonly kind: 'label'; readonly label: string; readonly confidence: string | undefined };

/**
 * The best first.
 * @throws EndpointRefusedError when none answers the task
 */
function outputsFor(
  endpointId: string,
  { task }: RemoteAsk,
  { scores, label, confidence, embedding }: Tensors,
): [Outputs, ...Outputs[]] {
  const found: Outputs[] = [];
  switch (task) {
    case 'feature-extraction':
      if (embedding !== undefined) found.push({ kind: 'embedding', values: embedding });
      break;
    case 'text-classification':
      if (scores !== undefined) found.push({ kind: 'scores', values: scores });
      if (label !== undefined) found.push({ kind: 'label', label, confidence });
      break;
    default:
      throw task satisfies never;
  }
  const [first, ...others] = found;
  if (!first)
    throw notForIt(endpointId, `has no output for ${task}`, 'Name the outputs under `tensors` in its endpoint.json.');
  return [first, ...others];
}

/** Numbers are shorter and exact in binary; texts are neither. */
function wantedOutputs(outputs: Outputs): object[] {
  const wanted = (name: string, isBinary: boolean) => ({ name, parameters: { binary_data: isBinary } });
  if (outputs.kind !== 'label') return [wanted(outputs.values, true)];
  const { label, confidence } = outputs;
  return [wanted(label, false), ...(confidence === undefined ? [] : [wanted(confidence, true)])];
}

function answerOf(
  { id, labels: own }: Pick<Endpoint, 'id' | 'labels'>,
  labels: readonly string[],
  outputs: Outputs,
  reply: InferReply,
): TierAnswer {
  switch (outputs.kind) {
    case 'embedding':
      return embeddingAnswer(id, numbersOf(id, reply, outputs.values));
    case 'scores':
      return scoresAnswer(id, numbersOf(id, reply, outputs.values), labels, own);
    case 'label': {
      const { values } = tensorOf(id, reply, outputs.label);
      if (values.length !== 1 || typeof values[0] !== 'string') throw wrongAnswer(id, 'it has not one label');
      const confidence = outputs.confidence === undefined ? undefined : numbersOf(id, reply, outputs.confidence)[0];
      return labelAnswer(id, values[0], labels, typeof confidence === 'number' ? confidence : undefined);
    }
    default:
      return outputs satisfies never;
  }
}

/** The values of one text: whatever the other dimensions are, the batch is 1. */
function numbersOf(id: string, reply: InferReply, name: string): Tensor['values'] {
  const { datatype, shape, values } = tensorOf(id, reply, name);
  if (datatype === 'BYTES') throw wrongAnswer(id, 'a tensor of numbers is one of texts');
  if (shape.length > 1 && shape[0] !== 1) throw wrongAnswer(id, 'it is about more than one text');
  return values;
}

function tensorOf(id: string, { outputs }: InferReply, name: string): Tensor {
  const found = outputs.find((output) => output.name === name);
  if (!found) throw wrongAnswer(id, 'an output that was asked for is missing');
  return found;
}

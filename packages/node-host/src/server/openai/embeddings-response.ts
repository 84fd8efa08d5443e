import { tokensRead, type Result } from '@terrace/core';
import { endianness } from 'node:os';
import { writeFloats } from '../write-floats.js';

const SWAP = endianness() === 'BE';

/** An embedding as clients of the API read it fastest: 32-bit floats, lowest byte first, in base64. */
export function base64Of(vector: Float32Array): string {
  if (!SWAP) return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
  return Buffer.from(vector.slice().buffer).swap32().toString('base64');
}

/** The body of `POST /v1/embeddings`, in the order of the inputs. Pure. */
export function embeddingsResponse(
  results: readonly Pick<Result, 'answer' | 'trace'>[],
  { model, format }: { readonly model: string; readonly format: 'float' | 'base64' },
): string {
  let tokens = 0;
  const data = results.map((result, index) => {
    tokens += tokensRead(result);
    if (result.answer.kind !== 'embedding') throw new Error(`a ${result.answer.kind} where an embedding was asked for`);
    const { vector } = result.answer;
    const embedding = format === 'base64' ? `"${base64Of(vector)}"` : writeFloats(vector);
    return `{"object":"embedding","index":${index},"embedding":${embedding}}`;
  });
  const usage = `{"prompt_tokens":${tokens},"total_tokens":${tokens}}`;
  return `{"object":"list","data":[${data.join(',')}],"model":${JSON.stringify(model)},"usage":${usage}}`;
}

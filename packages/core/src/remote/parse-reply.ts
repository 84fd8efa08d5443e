import { z } from 'zod/mini';
import { wrongAnswer } from './exchange-failure.js';

/** No answer of any protocol is nested deeper. */
const MAX_DEPTH = 32;
/** Smaller ones cannot nest deep enough to cost anything. */
const SMALL_BYTES = 64 * 1024;

/**
 * An untrusted body as the schema has it.
 * @throws RemoteAnswerError that quotes nothing of the body
 */
export function parseReply<S extends z.ZodMiniType>(
  endpointId: string,
  schema: S,
  { bytes, contentType }: { readonly bytes: Uint8Array; readonly contentType: string | undefined },
): z.infer<S> {
  if (contentType !== undefined && !/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType.trim()))
    throw wrongAnswer(endpointId, /^\s*text\/html\b/i.test(contentType) ? 'it is a web page' : 'it is not JSON');
  return parseValue(endpointId, schema, parseJson(endpointId, bytes));
}

/** @throws RemoteAnswerError */
export function parseValue<S extends z.ZodMiniType>(endpointId: string, schema: S, value: unknown): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // The path is made of the schema's own names; messages of zod may quote what came.
  const where = parsed.error.issues[0]?.path.map(String).join('.').slice(0, 128) || 'the top level';
  throw wrongAnswer(endpointId, `it is not as the protocol has it at ${where}`);
}

/** @throws RemoteAnswerError */
export function parseJson(endpointId: string, bytes: Uint8Array): unknown {
  if (bytes.length > SMALL_BYTES && depthOf(bytes) > MAX_DEPTH)
    throw wrongAnswer(endpointId, 'it is nested too deeply');
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw wrongAnswer(endpointId, 'it is not JSON');
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** How deeply JSON is nested. Parsing megabytes of brackets would take seconds and half a gigabyte. */
function depthOf(bytes: Uint8Array): number {
  let [depth, deepest, quoted] = [0, 0, false];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (quoted) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return deepest;
}

/** An array that is measured before its items are looked at. */
export const atMost = <S extends z.ZodMiniType>(max: number, item: S) =>
  z.pipe(
    z.custom<unknown[]>((value) => Array.isArray(value) && value.length <= max, `at most ${max} items`),
    z.array(item),
  );

/** Counts of tokens. */
export const countSchema = z.int().check(z.nonnegative(), z.maximum(1e9));

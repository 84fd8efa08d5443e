import type { DeviceProfile } from '../../profile/device-profile.js';
import type { UsableMemory } from '../../recommend/feasible.js';
import { mebibytes } from '../../recommend/reasons.js';
import type { LocalTextTier } from '../text-tier.js';
import { kvBytesOf } from './kv-bytes.js';
import { predictTextMemoryBytes } from './predict-text.js';

/** With less than this a chat is over before it has begun. */
const LEAST_CONTEXT_TOKENS = 1024;

/** How much of a text model's context and company fits into the memory there is. */
export interface TextMemory {
  readonly memoryBytes: number;
  readonly kvBytes: number;
  readonly contextTokens: number;
  readonly rows: number;
}

/**
 * Room for as many sequences as the graph takes at once, of the length that is asked for; where that is too much first
 * fewer, then one of a shorter context.
 * @param peakBytes what the model's load has taken on this device
 * @returns why it does not fit, in words, when not even that does
 */
export function fitTextMemory(
  { model, variant }: LocalTextTier,
  {
    promptTokens,
    maxTokens,
    host,
    usable,
    peakBytes,
  }: {
    readonly promptTokens: number;
    readonly maxTokens: number;
    readonly host: DeviceProfile['host'];
    readonly usable: UsableMemory;
    readonly peakBytes: number | undefined;
  },
): TextMemory | string {
  const { text: shape, layers } = model;
  const loadedBytes = peakBytes ?? predictTextMemoryBytes(variant.weights.bytes, host);
  const tokenBytes = kvBytesOf(shape, layers, 1, 1);
  const fittingTokens = Math.floor((usable.bytes - loadedBytes) / tokenBytes);
  const least = Math.min(LEAST_CONTEXT_TOKENS, model.contextTokens);
  if (fittingTokens < least) {
    const needed = loadedBytes + least * tokenBytes;
    return (
      `it needs ${mebibytes(needed)} with keys and values of ${least} tokens; ` +
      `${mebibytes(usable.bytes)} may be used (${usable.basis})`
    );
  }
  const wanted = Math.min(model.contextTokens, Math.max(least, promptTokens + maxTokens));
  const rows = Math.max(1, Math.min(shape.maxRows, Math.floor(fittingTokens / wanted)));
  const tokens = Math.min(fittingTokens, rows * wanted);
  const kvBytes = tokens * tokenBytes;
  return {
    memoryBytes: loadedBytes + kvBytes,
    kvBytes,
    // A single chat may have all of it.
    contextTokens: Math.min(model.contextTokens, tokens),
    rows,
  };
}

import type { TextFeed, TextGraph, TextInputs, TextStep } from '@terrace/core/generate';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { tensorOf, type KvLayout } from './kv-memory.js';
import type { MemoryPool } from './memory-pool.js';
import { NodeCaches } from './node-caches.js';
import { tokenFeeds } from './token-feeds.js';
import { UNREAD_OUTPUT, unlessUnread } from './unread-output.js';

/** How an accepted graph is run. */
export interface RunnableText {
  readonly session: InferenceSession;
  readonly inputs: TextInputs;
  readonly vocabulary: number;
  readonly maxRows: number;
  readonly chunkTokens: number;
  readonly bytesPerToken: number;
  readonly kv: Pick<KvLayout, 'tensors' | 'heads' | 'headDim'>;
  /** What a run that failed is told as. */
  readonly failed: (cause: unknown) => Error;
}

type Given = Record<string, Tensor | null>;

/**
 * Tensors over memory: made anew only when it lies otherwise than at the last run. Objects of so many fields are large,
 * and to make three of them for every token let the garbage of a hundred tokens be collected in the middle of one.
 */
interface Binding {
  readonly layout: KvLayout;
  readonly rows: number;
  /** The past; what else a run is fed is written over what the last one was. */
  readonly feeds: Record<string, Tensor>;
  /** The present, alone and with logits. */
  readonly cachesOnly: Given;
  readonly withLogits: Given;
}

/**
 * A graph that writes the new keys and values behind the old ones, as its past and its present are the same memory. That
 * needs no copy of the past, which a long chat would pay for with every token, and rows of unequal length lie side by
 * side as they are.
 */
export function inPlaceGraph(text: RunnableText, pool: MemoryPool): TextGraph<NodeCaches> {
  const { session, inputs, vocabulary, maxRows, kv, failed } = text;
  const unread: Given = session.outputNames.includes(UNREAD_OUTPUT) ? { [UNREAD_OUTPUT]: null } : {};
  const bindings = new WeakMap<Float32Array, Binding>();
  /** Of the last run, whosever it was. */
  const lastLogits = new Float32Array(maxRows * vocabulary);

  const bind = ({ memory, layout, rows }: NodeCaches): Binding => {
    const known = bindings.get(memory);
    if (known?.layout === layout && known.rows === rows) return known;
    const dims = [rows, layout.heads, layout.capacity, layout.headDim];
    const tensors = inputs.caches.map((_, at) => new Tensor('float32', tensorOf(memory, layout, at, rows), dims));
    const cachesOnly = {
      ...Object.fromEntries(inputs.caches.map(({ present }, at) => [present, tensors[at]!])),
      ...unread,
    };
    const found = new Tensor('float32', lastLogits.subarray(0, rows * vocabulary), [rows, 1, vocabulary]);
    const binding: Binding = {
      layout,
      rows,
      feeds: Object.fromEntries(inputs.caches.map(({ past }, at) => [past, tensors[at]!])),
      cachesOnly,
      withLogits: { ...cachesOnly, logits: found },
    };
    bindings.set(memory, binding);
    return binding;
  };

  const step = async (own: NodeCaches, feed: TextFeed<NodeCaches>): Promise<Float32Array> => {
    const { ids, columns } = feed;
    own.widen({ tokens: Math.max(...own.lengths) + columns, rows: own.rows, maxRows });
    const { feeds, cachesOnly, withLogits } = bind(own);
    Object.assign(feeds, tokenFeeds(inputs, { ids, columns, lengths: own.lengths }));
    if (feed.logits === 'none') {
      await session.run(feeds, cachesOnly).catch(unlessUnread);
      return new Float32Array();
    }
    // Given memory of the right size where that is known; graphs that compute all positions give them all.
    if (inputs.hasLogitsToKeep || columns === 1) {
      await session.run(feeds, withLogits).catch(unlessUnread);
      return lastLogits.subarray(0, own.rows * vocabulary);
    }
    const { [UNREAD_OUTPUT]: _, ...present } = cachesOnly;
    const { logits: found } = await session.run(feeds, { ...present, logits: null });
    return (found!.data as Float32Array).subarray(-vocabulary);
  };

  return {
    vocabulary,
    maxRows,
    chunkTokens: text.chunkTokens,
    bytesPerToken: text.bytesPerToken,
    empty: () => NodeCaches.empty(pool, kv),
    async run(feed): Promise<TextStep<NodeCaches>> {
      const { caches, keep, columns } = feed;
      const own = keep ? NodeCaches.of(pool, allRows(caches), maxRows) : caches;
      try {
        const logits = await step(own, feed);
        return { logits, caches: own.handOn(own.lengths.map((tokens) => tokens + columns)) };
      } catch (cause) {
        own.release();
        throw failed(cause);
      }
    },
    gather(rows, keep) {
      const base = rows[0]!.caches;
      const made = (keep ? undefined : base.rearranged(rows, maxRows)) ?? NodeCaches.of(pool, rows, maxRows);
      if (!keep) for (const { caches } of rows) caches.release();
      return made;
    },
    async release() {
      pool.clear();
      await session.release();
    },
  };
}

const allRows = (caches: NodeCaches): { caches: NodeCaches; row: number }[] =>
  caches.lengths.map((_, row) => ({ caches, row }));

import type { Caches, TextGraph } from '@terrace/core/generate';
import { Tensor } from 'onnxruntime-node';
import type { RunnableText } from './in-place-graph.js';
import { tokenFeeds } from './token-feeds.js';

/** What a run gave, as it is: nothing writes into it, so it may be shared. */
interface GivenCaches extends Caches {
  /** By the names of the inputs they are fed to. */
  readonly past: Readonly<Record<string, Tensor>>;
}

/** A graph that answers with new keys and values of the whole sequence, one sequence at a time. */
export function exactGraph({ session, inputs, kv, failed, ...text }: RunnableText): TextGraph<GivenCaches> {
  const { vocabulary, bytesPerToken, chunkTokens } = text;
  const outputs = inputs.caches.map(({ present }) => present);

  const given = (past: GivenCaches['past'], tokens: number): GivenCaches => ({
    rows: 1,
    lengths: [tokens],
    bytes: tokens * bytesPerToken,
    past,
    release: () => undefined,
  });

  return {
    vocabulary,
    maxRows: 1,
    chunkTokens,
    bytesPerToken,
    empty() {
      const dims = [1, kv.heads, 0, kv.headDim];
      return given(
        Object.fromEntries(inputs.caches.map(({ past }) => [past, new Tensor('float32', new Float32Array(), dims)])),
        0,
      );
    },
    async run({ ids, columns, caches: { past, lengths }, logits }) {
      const feeds = { ...tokenFeeds(inputs, { ids, columns, lengths }), ...past };
      const found = await session.run(feeds, logits === 'none' ? outputs : ['logits', ...outputs]).catch((cause) => {
        throw failed(cause);
      });
      const next = Object.fromEntries(inputs.caches.map((each) => [each.past, found[each.present]! as Tensor]));
      const all = found['logits'];
      const width = all?.dims.at(-1) ?? vocabulary;
      if (width !== vocabulary) throw failed(new Error(`its logits are ${width} wide, not ${vocabulary}`));
      return {
        logits: all ? (all.data as Float32Array).subarray(-vocabulary) : new Float32Array(),
        caches: given(next, lengths[0]! + columns),
      };
    },
    gather: (rows) => given(rows[0]!.caches.past, rows[0]!.caches.lengths[0]!),
    release: () => session.release(),
  };
}

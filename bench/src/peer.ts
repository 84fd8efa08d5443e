import { env, pipeline } from '@huggingface/transformers';

export interface Peer {
  /** @returns the length of the embedding */
  run(text: string): Promise<number>;
  embed(text: string): Promise<number[]>;
}

/**
 * The peer of every comparison: @huggingface/transformers with the int8 model of the same upstream as
 * `base`. Its delta is given away: it only embeds.
 * @param folder holds `peer-minilm-int8`
 * @param threads a run may use
 */
export async function openPeer(folder: string, threads = 1): Promise<Peer> {
  env.allowRemoteModels = false;
  env.localModelPath = folder;
  const extract = await pipeline('feature-extraction', 'peer-minilm-int8', {
    dtype: 'q8',
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
  });
  const vectorOf = async (text: string): Promise<Float32Array> =>
    (await extract(text, { pooling: 'mean', normalize: true })).data as Float32Array;
  return {
    run: async (text) => (await vectorOf(text)).length,
    embed: async (text) => Array.from(await vectorOf(text)),
  };
}

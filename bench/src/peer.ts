import { env, pipeline } from '@huggingface/transformers';

export interface Peer {
  run(text: string): Promise<number>;
}

/**
 * The peer of every comparison: @huggingface/transformers with the int8 model of the same upstream as
 * `base`. Its delta is given away: it only embeds.
 * @param folder holds `peer-minilm-int8`
 * @param threads a run may use
 * @returns `run` gives the length of the embedding
 */
export async function openPeer(folder: string, threads = 1): Promise<Peer> {
  env.allowRemoteModels = false;
  env.localModelPath = folder;
  const extract = await pipeline('feature-extraction', 'peer-minilm-int8', {
    dtype: 'q8',
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
  });
  return { run: async (text) => (await extract(text, { pooling: 'mean', normalize: true })).data.length };
}

import { env, pipeline } from '@huggingface/transformers';

export interface Peer {
  run(text: string): Promise<number>;
}

/**
 * The peer of every comparison: @huggingface/transformers with the int8 model of the same upstream as
 * `base`. Its delta is given away: it only embeds.
 * @param folder holds `peer-minilm-int8`
 * @returns `run` gives the length of the embedding
 */
export async function openPeer(folder: string): Promise<Peer> {
  env.allowRemoteModels = false;
  env.localModelPath = folder;
  const extract = await pipeline('feature-extraction', 'peer-minilm-int8', {
    dtype: 'q8',
    session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },
  });
  return { run: async (text) => (await extract(text, { pooling: 'mean', normalize: true })).data.length };
}

import type { Workshop } from '@terrace/core/deltas';

/** What makes an embedding of a request's text. */
export interface ContextEmbedder {
  /** sha256 of the models, joined by `+`: of others nothing is known. */
  readonly embedding: string;
  /** Of each model's embedding; they lie one after the other. */
  readonly widths: readonly number[];
  embed(text: string, signal: AbortSignal): Promise<Float32Array>;
}

/** Models by which requests are told apart. `nano` takes so little that it is there beside `base`, and adds to it. */
const MODELS = { nano: ['nano'], base: ['nano', 'base'] } as const;

/**
 * By models of a runtime, borrowed for one text at a time.
 * @returns undefined where this device cannot run them
 */
export async function workshopEmbedder(
  workshop: Pick<Workshop, 'rungs' | 'borrow'>,
  context: keyof typeof MODELS,
): Promise<ContextEmbedder | undefined> {
  const rungs = await workshop.rungs();
  const used = MODELS[context].flatMap((id) => rungs.find(({ tier }) => tier.model.id === id) ?? []);
  if (used.length < MODELS[context].length) return undefined;
  const widths = used.map(({ tier }) => tier.model.features);
  const width = widths.reduce((sum, own) => sum + own, 0);
  return {
    embedding: used.map(({ tier }) => tier.variant.weights.sha256).join('+'),
    widths,
    async embed(text, signal) {
      const row = new Float32Array(width);
      let from = 0;
      for (const [i, rung] of used.entries()) {
        const { session, done } = await workshop.borrow(rung, { signal });
        try {
          row.set(await session.features([text]), from);
        } finally {
          done();
        }
        from += widths[i]!;
      }
      return row;
    },
  };
}

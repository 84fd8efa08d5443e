import { EngineError } from '../../errors/engine-error.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import type { Runtime } from '../runtime-interface.js';

/** Unit vectors of texts, and whose they are. */
export interface Embedded {
  /** sha256 of the encoder's weights: vectors of another one say nothing beside these. */
  readonly encoder: string;
  readonly vectors: readonly Float32Array[];
}

/** @throws NoTierFitsError where no encoder is on this device, and what a run throws */
export type Embed = (
  texts: readonly string[],
  options?: { readonly signal?: AbortSignal | undefined; readonly priority?: 'high' | 'normal' | 'low' },
) => Promise<Embedded>;

/** Encoders of this device that tell texts of one meaning from others, best first. */
const ENCODERS = ['base', 'small'];

/** What embeds for caches and documents: texts never leave the device for it. */
export function createEmbed(runtime: Pick<Runtime, 'run'>): Embed {
  const embedOne = async (text: string, policy: string, { signal, priority = 'normal' }: Parameters<Embed>[1] & {}) => {
    const { answer, trace } = await runtime.run(
      { task: 'feature-extraction', text, policy, residency: 'device', priority },
      { signal },
    );
    const ran = trace.find((event) => event.kind === 'run');
    if (answer.kind !== 'embedding' || ran?.kind !== 'run') throw noVector(policy);
    return { encoder: ran.variant, vector: answer.vector };
  };

  const embedBy = async (policy: string, texts: readonly string[], options: Parameters<Embed>[1] & {}) => {
    const all = await Promise.all(texts.map((text) => embedOne(text, policy, options)));
    const encoder = all[0]?.encoder ?? '';
    // An encoder that was replaced in between: no vector of this call is worth anything beside the others.
    if (all.some((each) => each.encoder !== encoder)) throw noVector(policy);
    return { encoder, vectors: all.map(({ vector }) => vector) };
  };

  return async (texts, options = {}) => {
    let missing: unknown;
    for (const policy of ENCODERS) {
      try {
        return await embedBy(policy, texts, options);
      } catch (error) {
        if (!NoTierFitsError.isInstance(error)) throw error;
        missing ??= error;
      }
    }
    throw missing;
  };
}

const noVector = (tier: string): EngineError =>
  new EngineError({
    message: `"${tier}" did not embed the texts as one model.`,
    hint: 'Ask again: a model may have been replaced meanwhile.',
    facts: { tier },
  });

import { EngineError } from '../../errors/engine-error.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import type { LocalRung } from '../../recommend/choose-ladder.js';
import type { Runtime } from '../runtime-interface.js';

/** Unit vectors of texts, and whose they are. */
export interface Embedded {
  /** sha256 of the encoder's weights: vectors of another one say nothing beside these. */
  readonly encoder: string;
  readonly vectors: readonly Float32Array[];
}

/**
 * @param options.priority `low`: requests get in between more often
 * @throws NoTierFitsError where no encoder is on this device, what an engine throws, the signal's reason
 */
export type Embed = (
  texts: readonly string[],
  options?: { readonly signal?: AbortSignal | undefined; readonly priority?: 'high' | 'normal' | 'low' },
) => Promise<Embedded>;

/** Encoders of this device that tell texts of one meaning from others, best first. */
const ENCODERS = ['base', 'small'];
/** So few at a time that requests get in between. */
const CHUNK = 16;
const SMALL_CHUNK = 4;

/**
 * What embeds for caches and documents: texts never leave the device for it, and what it runs is in no ledger, as it
 * answers nobody's request.
 */
export function createEmbed({ workshop }: Pick<Runtime, 'workshop'>): Embed {
  return async (texts, { signal, priority = 'normal' } = {}) => {
    const rung = bestEncoder(await workshop.variants(signal).catch(noneOf));
    const { model, variant } = rung.tier;
    const chunk = priority === 'low' ? SMALL_CHUNK : CHUNK;
    const vectors: Float32Array[] = [];
    for (let from = 0; from < texts.length; from += chunk) {
      signal?.throwIfAborted();
      const { session, done } = await workshop.borrow(rung, signal ? { signal } : {});
      try {
        const values = await session.features(texts.slice(from, from + chunk));
        for (let at = 0; at < values.length; at += model.features)
          vectors.push(unit(values.subarray(at, at + model.features), model.id));
      } finally {
        done();
      }
    }
    signal?.throwIfAborted();
    return { encoder: variant.weights.sha256, vectors };
  };
}

/** A catalog of texts alone has no encoder, and says that such a request makes no sense. */
function noneOf(error: unknown): readonly LocalRung[] {
  if (InvalidRequestError.isInstance(error)) return [];
  throw error;
}

/**
 * In the first variant of the catalog that fits, however fast another one is just now: its vectors are kept, and those of
 * another variant are not comparable.
 */
function bestEncoder(rungs: readonly LocalRung[]): LocalRung {
  const best = ENCODERS.flatMap((id) => rungs.filter(({ tier }) => tier.model.id === id))[0];
  if (best) return best;
  throw new NoTierFitsError({
    message: `No encoder for what is alike fits this device: ${ENCODERS.map((id) => `"${id}"`).join(' and ')} are none of its tiers.`,
    hint: 'Add one of them to the catalog, or free memory for it (`terrace tiers` says what fits).',
  });
}

function unit(values: Float32Array, tier: string): Float32Array {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  if (length > 0 && Number.isFinite(length)) return values.map((value) => value / length);
  throw new EngineError({
    message: `"${tier}" made no vector of a text.`,
    hint: 'Load it again: `terrace doctor` looks whether its files are whole.',
    facts: { tier },
  });
}

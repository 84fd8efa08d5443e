import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import type { Similarity } from '../../prompt/trim-chat.js';
import type { Embed } from '../embed/embed.js';

/** More of a turn says little more of what it is about, and encoders read no more. */
const MOST_CHARACTERS = 2000;
/** Turns of chats that go on, about 1.5 KB each beside their text. */
const MOST_REMEMBERED = 1024;

/** Cosines of an encoder's vectors. A chat that goes on embeds only its new turns. */
export function embedSimilarity(embed: Embed): Similarity {
  const remembered = new Map<string, Float32Array>();
  let rememberedOf: string | undefined;

  const vectorsOf = async (texts: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array[]> => {
    const unknown = [...new Set(texts)].filter((text) => !remembered.has(text));
    if (unknown.length > 0) {
      const { encoder, vectors } = await embed(unknown, { signal });
      if (rememberedOf !== encoder) {
        const others = remembered.size > 0;
        remembered.clear();
        rememberedOf = encoder;
        // Vectors of another encoder say nothing beside these.
        if (others && unknown.length < texts.length) return vectorsOf(texts, signal);
      }
      for (const [i, text] of unknown.entries()) remembered.set(text, vectors[i]!);
    }
    const found = texts.map((text) => remembered.get(text)!);
    forgetOldest(remembered, new Set(texts));
    return found;
  };

  return async (to, texts, signal) => {
    try {
      const [asked, ...others] = await vectorsOf([to, ...texts].map(beginningOf), signal);
      return others.map((each) => dot(asked!, each));
    } catch (error) {
      if (NoTierFitsError.isInstance(error)) return undefined;
      throw error;
    }
  };
}

function forgetOldest(remembered: Map<string, unknown>, inUse: ReadonlySet<string>): void {
  for (const text of remembered.keys()) {
    if (remembered.size <= MOST_REMEMBERED) return;
    if (!inUse.has(text)) remembered.delete(text);
  }
}

/** Never half of a surrogate pair; an encoder is given no empty text. */
function beginningOf(text: string): string {
  const cut = text.slice(0, MOST_CHARACTERS).replace(/[\ud800-\udbff]$/, '');
  return cut.trim() === '' ? '-' : cut;
}

/** Of unit vectors. */
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

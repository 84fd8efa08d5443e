import type { ByteVocabulary } from './byte-vocabulary.js';
import type { Detokenizer } from './chat-tokenizer.js';

/**
 * Bytes are decoded as they come, so that half a character waits for its other half.
 * @param goesOn whether text stands in front: then its leading space is kept
 */
export function createDetokenizer(
  { bytesOf, leadingSpaces }: Pick<ByteVocabulary, 'bytesOf' | 'leadingSpaces'>,
  goesOn: boolean,
): Detokenizer {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let left = goesOn ? 0 : leadingSpaces;
  const stripped = (text: string): string => {
    let from = 0;
    while (from < left && text[from] === ' ') from++;
    left = from < text.length ? 0 : left - from;
    return from === 0 ? text : text.slice(from);
  };
  return {
    push(token) {
      const bytes = bytesOf(token);
      return bytes === undefined ? '' : stripped(decoder.decode(bytes, { stream: true }));
    },
    end: () => stripped(decoder.decode()),
  };
}

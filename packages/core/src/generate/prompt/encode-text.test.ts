import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createEncodeText, MOST_LETTERS } from './encode-text.js';

const LETTERS = [...'abcdefgh'];
type Pair = readonly [string, string];

/** Byte-pair merges over a few letters, as tokenizer.json has them. */
function tokenizerOf(merges: readonly Pair[], preTokenizer: object | null = { type: 'Whitespace' }): Tokenizer {
  const tokens = new Set([...LETTERS, ...merges.map(([left, right]) => left + right)]);
  const vocab = Object.fromEntries([...tokens].map((token, id) => [token, id]));
  return new Tokenizer(
    {
      model: { type: 'BPE', vocab, merges },
      normalizer: null,
      pre_tokenizer: preTokenizer,
      post_processor: null,
      decoder: null,
      added_tokens: [],
    } as never,
    {} as never,
  );
}

/** Each joins two of the tokens that there are already, in any order of training. */
const anyMerges = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 60 }).map((draws) => {
  const tokens = [...LETTERS];
  return draws.map(([a, b]): Pair => {
    const pair: Pair = [tokens[a % tokens.length]!, tokens[b % tokens.length]!];
    tokens.push(pair.join(''));
    return pair;
  });
});

/** What the library does with all parts to itself. */
const ofLibrary = (tokenizer: Tokenizer, words: readonly string[]): number[] => {
  const { model } = tokenizer as unknown as {
    model: ((words: readonly string[]) => string[]) & { tokens_to_ids: Map<string, number> };
  };
  return model(words).map((token) => model.tokens_to_ids.get(token)!);
};

describe('text', () => {
  it('has the tokens that the library finds, also where its words are long', () => {
    const letters = fc.array(fc.constantFrom(...LETTERS), { minLength: 1, maxLength: 200 });
    const runs = fc.array(fc.tuple(fc.constantFrom(...LETTERS), fc.integer({ min: 1, max: 60 })), { maxLength: 8 });
    const word = fc.oneof(
      letters.map((some) => some.join('')),
      runs.map((some) => `a${some.map(([letter, times]) => letter.repeat(times)).join('')}`),
    );
    fc.assert(
      fc.property(anyMerges, fc.array(word, { maxLength: 4 }), fc.boolean(), (merges, words, areCut) => {
        const preTokenizer = areCut ? { type: 'Whitespace' } : null;
        const text = areCut ? words.join(' ') : words.join('');
        const expected = ofLibrary(tokenizerOf(merges, preTokenizer), areCut ? words : [text].filter(Boolean));
        expect(createEncodeText(tokenizerOf(merges, preTokenizer))(text, 0)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('has letters that no token begins with as they are', () => {
    const encode = createEncodeText(tokenizerOf([['a', 'a']]));
    expect(encode(`${'a'.repeat(40)}é${'a'.repeat(3)}`, 0)).toEqual([...Array<number>(20).fill(8), 8, 0]);
  });

  it('has its long words merged here, never by the library, which takes seconds for them', () => {
    const tokenizer = tokenizerOf([['a', 'a']]);
    const { model } = tokenizer as unknown as { model: { bpe: (word: string) => string[] } };
    const bpe = vi.spyOn(model, 'bpe');
    const encode = createEncodeText(tokenizer);
    expect(encode('a'.repeat(MOST_LETTERS), 0)).toHaveLength(MOST_LETTERS / 2);
    expect(encode('aaaa', 0)).toEqual([8, 8]);
    expect(bpe.mock.calls.map(([word]) => word.length)).toEqual([4]);
  });

  it.each([
    ['one letter', 'a'],
    ['emoji', '🙂'],
    ['spaces', ' '],
    ['line ends', '\n'],
  ])('of a megabyte of %s is refused before anything is merged', (_, unit) => {
    const tokenizer = tokenizerOf([['a', 'a']], { type: 'ByteLevel', add_prefix_space: false, use_regex: true });
    const encode = createEncodeText(tokenizer);
    const { model } = tokenizer as unknown as { model: { bpe: (word: string) => string[] } };
    const bpe = vi.spyOn(model, 'bpe');
    const bytes = new TextEncoder().encode(unit).length;
    expect(() => encode(`why ${unit.repeat(2 ** 20 / bytes)}`, 0)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', facts: expect.objectContaining({ most: MOST_LETTERS }) }),
    );
    expect(bpe).not.toHaveBeenCalled();
  });

  it('that nothing cuts into words may be as long as it is', () => {
    const encode = createEncodeText(tokenizerOf([['a', 'a']], null));
    expect(encode('a'.repeat(2 * MOST_LETTERS), 0)).toHaveLength(MOST_LETTERS);
  });
});

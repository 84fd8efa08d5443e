import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@huggingface/tokenizers';
import { loadTokenizer, type TextTokenizer } from '@terrace/core/engine';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

type Json = Record<string, unknown>;

const inModels = (path: string): string => fileURLToPath(new URL(`../../../../models/${path}`, import.meta.url));
const readJson = (path: string): Json => JSON.parse(readFileSync(inModels(path), 'utf8')) as Json;

const SHIPPED = readJson('encoders/tokenizer.json') as Json & { model: { vocab: Record<string, number> } };
const SETTINGS = readJson('encoders/tokenizer_config.json');
const WORDS = Object.keys(SHIPPED.model.vocab);

const nowhere = { location: 'tokenizer', bytes: 0, sha256: '' };

/** @param loadTokenizerClass asked for what is not of BERT's kind */
function open(content: Json, settings: Json, loadTokenizerClass: () => Promise<typeof Tokenizer>) {
  const files = { tokenizer: nowhere, tokenizerConfig: { ...nowhere, location: 'settings' } };
  const bytesOf = (json: Json) => new TextEncoder().encode(JSON.stringify(json));
  const readVerified = async ({ location }: { location: string }) =>
    bytesOf(location === 'settings' ? settings : content);
  return loadTokenizer(files, { readVerified, loadTokenizerClass });
}

/** By itself, without the library. */
const openOwn = (content: Json): Promise<TextTokenizer> =>
  open(content, SETTINGS, () => Promise.reject(new Error('it asked for the library')));

/** What people write, and what nobody does: every kind of character, half ones too. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...WORDS),
      fc.constantFrom(
        '[CLS]',
        '[SEP]',
        '[UNK]',
        '[MASK',
        ' ',
        '\t\n',
        '\u00A0',
        '\u200B',
        '\uFEFF',
        '\u0085',
        '\uFFFD',
      ),
      fc.constantFrom(
        'Straße',
        'İstanbul',
        'ΣΊΣΥΦΟΣ',
        'naïve',
        'cafe\u0301',
        '銀行口座',
        '한국어',
        '👩‍👩‍👧',
        'ﬁ',
        '𠀀',
        '\uD83C',
        '①',
      ),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
      fc.string({ minLength: 95, maxLength: 105, unit: fc.constantFrom('a', 'é', '𝒳') }),
    ),
    { maxLength: 8 },
  )
  .chain((parts) => fc.constantFrom('', ' ').map((between) => parts.join(between)));

const KINDS: readonly (readonly [string, Json])[] = [
  ['as shipped', SHIPPED],
  ...[
    { lowercase: false, strip_accents: null },
    { lowercase: true, strip_accents: false },
    { lowercase: false, strip_accents: true },
  ].map((given) => {
    const content = { ...SHIPPED, normalizer: { ...(SHIPPED['normalizer'] as Json), ...given } };
    return [`with ${JSON.stringify(given)}`, content] as const;
  }),
  [
    'with words of its own',
    {
      ...SHIPPED,
      added_tokens: ['[CLS]', '[SEP]', '[UNK]', '<a>', '<a><b>', 'c++', '𠀀', 'account'].map((content, i) => ({
        content,
        id: i < 3 ? SHIPPED.model.vocab[content] : 40_000 + i,
        special: true,
        normalized: false,
      })),
    },
  ],
];

describe('the tokenizer of BERT', () => {
  it.each(KINDS)(
    'gives the ids of the library for every text: %s',
    async (_, content) => {
      const tokenize = await openOwn(content);
      const library = new Tokenizer(content, SETTINGS);
      const own = fc.constantFrom('<a>', '<a><b>', 'c++', 'account', 'ACCOUNT', 'accounts');
      fc.assert(
        fc.property(text, own, (written, word) => {
          for (const each of [written, written + word]) expect(tokenize(each).ids).toEqual(library.encode(each).ids);
        }),
        { numRuns: 2000 },
      );
    },
    60_000,
  );

  it('knows every word of its vocabulary, and every character, as the library does', async () => {
    const tokenize = await openOwn(SHIPPED);
    const library = new Tokenizer(SHIPPED, SETTINGS);
    const characters = Array.from({ length: 0x30000 }, (_, code) => `a${String.fromCodePoint(code)}b`);
    for (const each of [...WORDS, ...characters]) {
      const { ids } = tokenize(each);
      if (ids.join() !== library.encode(each).ids.join()) expect([each, ids]).toEqual([each, library.encode(each).ids]);
    }
  }, 60_000);

  it.each<[string, (file: typeof SHIPPED) => Json, Json?]>([
    ['cleans in another way', (file) => ({ ...file, normalizer: { type: 'NFC' } })],
    ['does not clean', (file) => ({ ...file, normalizer: { ...(file['normalizer'] as Json), clean_text: false } })],
    ['splits in another way', (file) => ({ ...file, pre_tokenizer: { type: 'Whitespace' } })],
    ['has no ends', (file) => ({ ...file, post_processor: null })],
    ['marks pieces in another way', (file) => ({ ...file, model: { ...file.model, continuing_subword_prefix: '@@' } })],
    [
      'has words that are cleaned first',
      (file) => ({ ...file, added_tokens: [{ content: 'X', id: 1, normalized: true }] }),
    ],
    [
      'has words with the space before',
      (file) => ({ ...file, added_tokens: [{ content: '[X]', id: 1, special: true, lstrip: true }] }),
    ],
    ['removes space', (file) => file, { ...SETTINGS, remove_space: true }],
  ])('leaves to the library what %s', async (_, changed, settings = SETTINGS) => {
    let isAsked = false;
    const content = changed(SHIPPED);
    const tokenize = await open(content, settings, async () => {
      isAsked = true;
      return Tokenizer;
    });
    expect(isAsked).toBe(true);
    const written = 'Freeze  MY account, X [X]';
    expect(tokenize(written).ids).toEqual(new Tokenizer(content, settings).encode(written).ids);
  });
});

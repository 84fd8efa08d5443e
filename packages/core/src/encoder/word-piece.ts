import { readWordPiece, type WordPieceFile } from './word-piece-file.js';

/** What a text may hold and no word does: control, format, private and unpaired characters. */
const NOISE = /(?![\t\n\r])[\uFFFD\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;
const IDEOGRAPH = /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF]/g;
/** What is no space and no punctuation, as long as it goes on, or one sign. */
const WORD = /[^\s\p{P}!-/:-@[-`{-~]+|[\p{P}!-/:-@[-`{-~]/gu;

/**
 * BERT's tokenizer: the very ids of the tokenizer library, which is ten times as large and, in a page, waited for.
 * @param content of `tokenizer.json`
 * @param settings of `tokenizer_config.json`
 * @returns undefined for a tokenizer of any other kind
 * @see Devlin et al., BERT (2019); Wu et al., Google's Neural Machine Translation System (2016), 4.1
 */
export function openWordPiece(content: unknown, settings: object) {
  const file = readWordPiece(content, settings);
  if (!file) return undefined;
  const added = new Map(file.added.map(({ content: token, id }) => [token, id]));
  // As it was parsed: a map of 30,000 pieces takes longer to make than most pages ask for.
  const find = (token: string): number | undefined =>
    added.get(token) ?? (Object.hasOwn(file.vocabulary, token) ? file.vocabulary[token] : undefined);
  const unknown = find(file.unknown)!;
  const idOf = (token: string): number => find(token) ?? unknown;
  const cut = cutterAt(file.added.map((token) => token.content));
  return {
    encode(text: string): { readonly ids: number[] } {
      const found = [idOf(file.first)];
      for (const [i, part] of cut(text).entries()) {
        if (i % 2 === 1) found.push(idOf(part));
        else
          for (const word of wordsOf(part, file)) found.push(...(piecesOf(word, find, file.longestWord) ?? [unknown]));
      }
      found.push(idOf(file.last));
      return { ids: found };
    },
    token_to_id: find,
  };
}

function wordsOf(text: string, { lowercases, stripsAccents }: WordPieceFile): readonly string[] {
  let clean = text.replace(NOISE, '').replace(IDEOGRAPH, ' $& ');
  if (lowercases) clean = clean.toLowerCase();
  if (stripsAccents) clean = clean.normalize('NFD').replace(/\p{Mn}/gu, '');
  return clean.match(WORD) ?? [];
}

/** The longest known piece, then the longest one of the rest, and so on; undefined when a rest begins with none. */
function piecesOf(
  word: string,
  find: (piece: string) => number | undefined,
  longestWord: number,
): number[] | undefined {
  if (word.length > longestWord && [...word].length > longestWord) return undefined;
  const pieces: number[] = [];
  for (let start = 0; start < word.length;) {
    let end = word.length;
    let id: number | undefined;
    while (end > start) {
      const piece = word.slice(start, end);
      id = find(start === 0 ? piece : `##${piece}`);
      if (id !== undefined) break;
      end--;
    }
    if (id === undefined) return undefined;
    pieces.push(id);
    start = end;
  }
  return pieces;
}

/** Cuts a text at some tokens, the longest first; the odd ones of the parts are tokens. */
function cutterAt(tokens: readonly string[]): (text: string) => string[] {
  if (tokens.length === 0) return (text) => [text];
  const escaped = tokens
    .toSorted((a, b) => b.length - a.length)
    .map((token) => token.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  const either = new RegExp(`(${escaped.join('|')})`);
  return (text) => text.split(either);
}

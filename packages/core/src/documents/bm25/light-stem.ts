const LATIN = /^[a-z'’]+$/;
/** What any of the endings ends with: most words are told by it. */
const LAST = new Set(['s', 'd', 'g']);

/** Takes off the English endings that say nothing of the matter: -s, -ies, -ing, -ed, 's. Other words stay as they are. */
export function lightStem(word: string): string {
  if (word.length <= 3 || !LAST.has(word.at(-1)!) || !LATIN.test(word)) return word;
  return word
    .replace(/['’]s$/, '')
    .replace(/ies$/, 'y')
    .replace(/([^s])s$/, '$1')
    .replace(/(?<=.{3})(?:ing|ed)$/, '');
}

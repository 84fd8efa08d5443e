const LATIN = /^[a-z'’]+$/;
/** s, d and g: what any of the endings ends with. */
const LAST: ReadonlySet<number> = new Set([115, 100, 103]);

/** Takes off the English endings that say nothing of the matter: -s, -ies, -ing, -ed, 's. Other words stay as they are. */
export function lightStem(word: string): string {
  if (word.length <= 3 || !LAST.has(word.charCodeAt(word.length - 1)) || !LATIN.test(word)) return word;
  return word
    .replace(/['’]s$/, '')
    .replace(/ies$/, 'y')
    .replace(/([^s])s$/, '$1')
    .replace(/(?<=.{3})(?:ing|ed)$/, '');
}

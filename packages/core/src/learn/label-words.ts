/** A label's name as words, for what a model makes of it: `freeze_account`, `freezeAccount` -> `freeze account`. */
export function labelWords(label: string): string {
  const words = label
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replaceAll(/[_./:-]+/g, ' ')
    .trim();
  return words === '' ? label : words;
}

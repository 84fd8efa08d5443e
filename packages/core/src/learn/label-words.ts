/** A label's name as words, for what a model makes of it: `freeze_account`, `freezeAccount` -> `freeze account`. */
export function labelWords(label: string): string {
  const words = label
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replaceAll(/[_./:-]+/g, ' ')
    .trim();
  return words === '' ? label : words;
}

/**
 * A label's name within a sentence, to stand for requests that are not there any more. A name alone is so unlike a request
 * that a label with rows claims whatever is one: `nano` fell from .88 to .53 on Banking77 when one label was added so, and
 * to .86 with this.
 */
export const labelRequest = (label: string): string => `i want to ask something about my ${labelWords(label)}`;

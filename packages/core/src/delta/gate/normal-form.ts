/**
 * What two texts have in common when only writing tells them apart: NFKC, lower case, punctuation and white space as one
 * space. Digits stay: "pay 5" and "pay 7" are two requests. A text of nothing but punctuation is left as it is.
 */
export function normalForm(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase();
  const words = folded.replaceAll(/[\p{P}\p{Z}\p{C}]+/gu, ' ').trim();
  return words === '' ? folded.trim() : words;
}

/** One marker or several, as models write them: `[1]`, `[1, 3]`, `[2][3]`. */
const MARKERS = /\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]/g;

/** The markers that an answer names. A number that is none of them cites nothing. */
export function citedMarkers(answer: string): ReadonlySet<string> {
  const named = Array.from(answer.matchAll(MARKERS), ([, numbers = '']) => numbers.split(/[,;]/));
  return new Set(named.flat().map((number) => `[${Number(number)}]`));
}

/** Share of the other texts that say the same as the first, in [0, 1]; undefined where there are none. */
export function agreementOf(texts: readonly string[]): number | undefined {
  const [first, ...others] = texts.map(said);
  if (others.length === 0) return undefined;
  return others.filter((each) => each === first).length / others.length;
}

/** Whether two texts say the same. */
export const sameSaid = (a: string, b: string): boolean => said(a) === said(b);

/** JSON by its values; everything else by its words, also where it stands in quotes. */
function said(text: string): string {
  const json = readJson(text);
  return json === undefined || typeof json === 'string' ? wordsOf(text) : canonical(json);
}

/** Whether two texts are the same JSON. */
export function sameJson(a: string, b: string): boolean {
  const [one, other] = [a, b].map(readJson);
  return one !== undefined && other !== undefined && canonical(one) === canonical(other);
}

/** Undefined where it is none. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of a number: its point, and the minus before it. Without them it is another one. */
const SIGN = /(?<point>(?<=\d)[.,](?=\d))|(?<minus>(?<![\p{L}\p{N}])[-\u2212](?=\d))|[\s\p{P}]/gu;
const THOUSANDS = /(?<=\d),(?=\d{3}(?!\d))/g;

/** Words and numbers with one space between them, whatever their case and the signs around them. */
export const wordsOf = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(THOUSANDS, '')
    .replace(SIGN, (_, point?: string, minus?: string) => point ?? (minus === undefined ? ' ' : '-'))
    .replace(/ +/g, ' ')
    .trim();

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** Share of the other texts that say the same as the first, in [0, 1]; undefined where there are none. */
export function agreementOf(texts: readonly string[]): number | undefined {
  const [first, ...others] = texts.map(said);
  if (others.length === 0) return undefined;
  return others.filter((each) => each === first).length / others.length;
}

/** Whether two texts say the same. */
export const sameSaid = (a: string, b: string): boolean => said(a) === said(b);

/** JSON by its values; everything else by its words. */
function said(text: string): string {
  try {
    return canonical(JSON.parse(text));
  } catch {
    return text
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[\s\p{P}]+/gu, ' ')
      .trim();
  }
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

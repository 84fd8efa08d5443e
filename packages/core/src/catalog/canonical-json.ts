/**
 * One text for one value: keys sorted, no spaces, fields that are undefined left out. What is hashed or signed
 * is this text, so that formatting cannot change an identity.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let fields = '';
  for (const key of Object.keys(value).toSorted()) {
    const each = (value as Record<string, unknown>)[key];
    if (each !== undefined) fields += `${fields && ','}${JSON.stringify(key)}:${canonicalJson(each)}`;
  }
  return `{${fields}}`;
}

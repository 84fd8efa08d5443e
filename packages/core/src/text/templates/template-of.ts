import type { PromptTemplate, TextDelta } from '../../catalog/text-catalog.js';
import type { Catalog } from '../../catalog/schema.js';

/** How a tier of a family is asked: as its delta names it, else by the newest version that is of no delta alone. */
export function templateOf(
  { text }: Pick<Catalog, 'text'>,
  family: string,
  delta: TextDelta | undefined,
): PromptTemplate | undefined {
  const { templates = [], deltas = [] } = text ?? {};
  const own = templates.filter((template) => template.family === family);
  const named = own.find(({ contentId }) => contentId === delta?.template);
  if (named) return named;
  // What a delta of some domain names is how that domain is asked, and no other.
  const ofDeltas = new Set(deltas.map(({ template }) => template));
  return own.filter(({ contentId }) => !ofDeltas.has(contentId)).toSorted((a, b) => b.version - a.version)[0];
}

import type { TextCatalog } from './text-catalog.js';

/**
 * What two catalogs say of text, as one; undefined where neither says anything. What is above wins: a template by its
 * family and version, a delta by its id, a calibration by its domain.
 */
export function mergeText(below: TextCatalog | undefined, above: TextCatalog | undefined): TextCatalog | undefined {
  if (!below || !above) return above ?? below;
  // What a delta names is its own: no version of the family that everybody is asked with.
  const named = new Set([...below.deltas, ...above.deltas].map(({ template }) => template));
  return {
    templates: over(below.templates, above.templates, ({ contentId, family, version }) =>
      named.has(contentId) ? contentId : JSON.stringify([family, version]),
    ),
    deltas: over(below.deltas, above.deltas, ({ id }) => id),
    calibrations: over(below.calibrations, above.calibrations, ({ domain = '' }) => domain),
  };
}

function over<T>(below: readonly T[], above: readonly T[], keyOf: (value: T) => string): T[] {
  const keys = new Set(above.map(keyOf));
  return [...below.filter((each) => !keys.has(keyOf(each))), ...above];
}

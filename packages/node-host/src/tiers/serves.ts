import type { Catalog, EndpointDescription, EndpointManifest } from '@terrace/core';

type Serves = NonNullable<EndpointDescription['serves']>;

/**
 * Where what an endpoint computes is, to the byte, what the catalog has: only there may its scores be fused with the
 * device's own, and only there does the calibration cover it. Pure.
 */
export function equalServes(
  { model, variant, deltas }: Serves,
  catalog: Catalog,
): { readonly serves: EndpointManifest['serves']; readonly notes: readonly string[] } {
  const not = (why: string) => ({ serves: undefined, notes: [`its scores do not fuse with the device's: ${why}`] });
  const known = catalog.models.find(({ id }) => id === model);
  if (!known) return not(`"${model}" is no model of the catalog`);
  if (!known.variants.some(({ weights }) => weights.sha256 === variant)) return not(`its "${model}" has other weights`);
  const equal = Object.entries(deltas).filter(([domain, contentId]) =>
    catalog.deltas.some((delta) => delta.domain === domain && delta.base.id === model && delta.contentId === contentId),
  );
  const others = Object.keys(deltas).filter((domain) => !equal.some(([each]) => each === domain));
  if (equal.length === 0) return not('its deltas are others');
  return {
    serves: { model, variant, deltas: Object.fromEntries(equal) },
    notes: others.map((domain) => `${domain} is left out: its delta for "${model}" is another there`),
  };
}

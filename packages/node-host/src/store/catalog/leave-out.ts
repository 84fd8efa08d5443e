import type { Catalog } from '@terrace/core';
import { mergeCatalogs } from './merge-catalogs.js';

const NOTHING: Catalog = { format: 1, revision: '', models: [], deltas: [], domains: [], ladders: [] };

/**
 * The catalog without some deltas, without the calibrations that were made with them, and without some endpoints.
 * @param ids of deltas
 */
export function leaveOut(
  catalog: Catalog,
  ids: ReadonlySet<string>,
  endpointIds: ReadonlySet<string> = new Set(),
): Catalog {
  const endpoints = catalog.endpoints?.filter(({ id }) => !endpointIds.has(id));
  if (endpoints?.length !== catalog.endpoints?.length) {
    const { endpoints: _, ...rest } = catalog;
    return leaveOut(mergeCatalogs(NOTHING, { ...rest, ...(endpoints && { endpoints }) }), ids);
  }
  if (catalog.text?.deltas.some(({ id }) => ids.has(id))) {
    const deltas = catalog.text.deltas.filter(({ id }) => !ids.has(id));
    const poorer = catalog.text.deltas.filter(({ id }) => ids.has(id)).map(({ domain }) => domain);
    const calibrations = catalog.text.calibrations.filter(({ domain = '' }) => !poorer.includes(domain));
    return leaveOut(mergeCatalogs(NOTHING, { ...catalog, text: { ...catalog.text, deltas, calibrations } }), ids);
  }
  const [gone, deltas] = [true, false].map((out) => catalog.deltas.filter(({ id }) => ids.has(id) === out));
  if (gone!.length === 0) return catalog;
  const poorer = new Set(gone!.map(({ domain }) => domain));
  const filled = new Set(deltas!.map(({ domain }) => domain));
  const domains = catalog.domains
    .filter(({ id }) => !poorer.has(id) || filled.has(id))
    .map(({ calibration, ...domain }) => (poorer.has(domain.id) || !calibration ? domain : { ...domain, calibration }));
  return mergeCatalogs(NOTHING, { ...catalog, deltas: deltas!, domains });
}

import { readReport, type LedgerReport, type OwnEndpoint } from '@terrace/core';

type Reading = Parameters<typeof readReport>[0];

/** What a page's ledger shows. @param endpoints tiers that the page brings, which no catalog names */
export const pageReport = ({
  catalog,
  endpoints,
  ...reading
}: Reading & { readonly endpoints: readonly OwnEndpoint[] }): Promise<LedgerReport> => {
  const own = endpoints.map(({ endpoint }) => endpoint);
  return readReport({ ...reading, catalog: { ...catalog, endpoints: [...(catalog.endpoints ?? []), ...own] } });
};

/** A licence that has to be accepted before an import goes on. */
export interface LicenceAsk {
  readonly licence: string;
  /** Ids, separated by spaces. */
  readonly models: string;
}

/** What an import waits for, if that is why it failed. */
export function licenceAskedFor(error: unknown): LicenceAsk | undefined {
  const { code, facts } = Object(error) as { readonly code?: unknown; readonly facts?: Partial<LicenceAsk> };
  if (code !== 'LICENCE_NOT_ACCEPTED' || !facts) return undefined;
  const { licence, models } = facts;
  return typeof licence === 'string' && typeof models === 'string' ? { licence, models } : undefined;
}

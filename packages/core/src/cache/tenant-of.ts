/**
 * Whose answers they are, as one name. Those of a key are never another's, whatever the request says; what it says
 * divides them further.
 */
export const tenantOf = (key: string | undefined, wished: string | undefined): string =>
  key === undefined && wished === undefined ? '' : JSON.stringify([key ?? null, wished ?? null]);

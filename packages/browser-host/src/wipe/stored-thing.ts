/** Something that is stored for this site. */
export interface StoredThing {
  /** `files`: in the origin's private file system; `key`: in localStorage. */
  readonly kind: 'files' | 'database' | 'cache' | 'key';
  readonly name: string;
}

/** What became of everything that Terrace had stored. */
export interface Wiped {
  readonly removed: readonly StoredThing[];
  /** What could not be removed, and why. */
  readonly left: readonly (StoredThing & { readonly reason: string })[];
}

/** All that Terrace stores, and nothing else of a site, is called so: `terrace`, `terrace-ledger`. */
export const isOurs = (name: string): boolean => /^terrace(?![\p{L}\p{N}])/u.test(name);

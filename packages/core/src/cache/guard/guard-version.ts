/** Features of another version are not comparable, and no certificate of one holds for another. */
export const GUARD_VERSION = 2;

import { SHORT } from '../store/revisions/name-revision.js';

/** Enough digits to name a revision by. */
export const shortId = (id: string): string => id.slice(0, SHORT);

/** As models and deltas are sold: in thousands of bytes. */
export const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} KB`;

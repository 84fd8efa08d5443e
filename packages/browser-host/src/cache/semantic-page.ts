/** What answers questions that are only alike, as a file of its own: a page that wants the same request only never loads it. */
export { createSemanticCache } from '@terrace/core/cache';
export { createVectorIndex } from '@terrace/core/vectors';

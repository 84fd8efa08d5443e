/** Nearest neighbours, for what is wired by hand. */
export type { CreateVectorIndex, Neighbour, VectorIndex } from './ports/vector-index.js';
export { createVectorIndex } from './vectors/create-vector-index.js';

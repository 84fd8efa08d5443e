/** Nearest neighbours, for what is wired by hand. */
export type { CreateVectorIndex, Neighbour, VectorIndex } from './ports/vector-index.js';

export interface Neighbour {
  readonly id: number;
  /** Cosine with the query. */
  readonly cosine: number;
}

/** Nearest neighbours of unit vectors of one length, in memory. */
export interface VectorIndex {
  readonly dimensions: number;
  readonly size: number;
  readonly bytes: number;
  /** Copies it; an id that is there is replaced. @throws InvalidDataError when it is not finite or of another length */
  add(id: number, vector: Float32Array): void;
  /** @returns whether it was there */
  remove(id: number): boolean;
  /** The nearest, best first; equal ones by id. */
  search(query: Float32Array, count: number): readonly Neighbour[];
  /** Of one that another search found; undefined where it is not there. @throws InvalidDataError as `add` does */
  cosine(query: Float32Array, id: number): number | undefined;
}

export type CreateVectorIndex = (dimensions: number) => VectorIndex;

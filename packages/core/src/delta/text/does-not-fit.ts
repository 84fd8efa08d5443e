import { DeltaMismatchError } from '../../errors/delta-mismatch-error.js';

export const doesNotFit = (why: string): DeltaMismatchError =>
  new DeltaMismatchError({
    message: `The delta does not fit the model: ${why}.`,
    hint: 'Deltas change q, k, v, o, gate, up and down projections of the model they were made for, and nothing else.',
  });

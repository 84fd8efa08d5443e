import { DeltaMismatchError } from '../../errors/delta-mismatch-error.js';

/** Something of an adapter that a delta has no place for. */
export const notTaken = (what: string): DeltaMismatchError =>
  new DeltaMismatchError({
    message: `The adapter cannot be taken as it is, because of ${what}.`,
    hint: 'Train plain LoRA on the query, key, value and attention.output.dense of the encoder layers, nothing else.',
  });

import { InvalidRequestError } from './invalid-request-error.js';

/** Longest that the place of a fault is told: keys come from the caller as well. */
const MAX_PLACE = 128;

/**
 * A field of a request that is written wrongly.
 * @param fault what is wrong, without its full stop @param forms what it may be, where that is soon said
 */
export function wrongField(path: readonly PropertyKey[], fault: string, forms?: string): InvalidRequestError {
  const where = path.map(String).join('.').slice(0, MAX_PLACE);
  return new InvalidRequestError({
    message: `The request is wrong at "${where}": ${fault.slice(0, 2 * MAX_PLACE)}.`,
    hint: forms === undefined ? `Correct "${where}".` : `Correct "${where}": ${forms}.`,
  });
}

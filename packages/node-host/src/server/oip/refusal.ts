import { InvalidRequestError } from '@terrace/core';

/** A request that is wrong, in one sentence: the protocol has no place for more. */
export const refused = (message: string, hint: string): InvalidRequestError =>
  new InvalidRequestError({ message, hint });

import type { Random } from '@terrace/core';

/** Of what others must not guess, in [0, 1). */
export const secureRandom: Random = () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;

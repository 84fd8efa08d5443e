import type { Random } from '../ports/random.js';

/** 128 bits in hex: unique, and no secret. */
export const newRequestId = (random: Random): string => word(random) + word(random) + word(random) + word(random);

const word = (random: Random): string =>
  Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');

/** What tests models, as a file of its own: a start whose models have all been tested never loads it. */
export { createRaces, examineTier, raceTier } from '@terrace/core';

/** What brings models and catalogs, and what tests them, as a file of its own: a start that has it all never loads it. */
export { createRaces, examineTier, raceTier } from '@terrace/core';
export { openSupply } from '../store/supply.js';

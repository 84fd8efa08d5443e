/** Fewer tokens for the same chat. */
export { economySchema, type Economy } from './prompt/economy.js';
export type { Cut, EconomyFacts, TokenCount } from './prompt/economy-facts.js';
export type { CountTokens } from './prompt/token-counter.js';

/** Fewer tokens for the same chat. */
export { economySchema, parseEconomy, type Economy, type ParsedEconomy } from './prompt/economy.js';
export type { Cut, EconomyFacts, TokenCount } from './prompt/economy-facts.js';
export type { CountTokens } from './prompt/token-counter.js';
export { trimChat, type Similarity, type TrimInput, type TrimmedChat } from './prompt/trim-chat.js';
export { withPromptEconomy, type EconomyFace, type EconomyPorts } from './runtime/prompt/with-prompt-economy.js';
export { createEmbed, type Embed, type Embedded } from './runtime/embed/embed.js';
export {
  reportEconomy,
  type Accuracy,
  type AskedChat,
  type ComparedChat,
  type EconomyReport,
  type Estimate,
} from './prompt/economy-report.js';

import type { ChatMessage, Tool } from '../tasks/text-generation/messages.js';
import type { TokenCount } from './economy-facts.js';

/** Tokens of whole chats, template and tools included, as one tier reads them. */
export type CountTokens = (
  chat: { readonly messages: readonly ChatMessage[]; readonly tools: readonly Tool[] },
  signal?: AbortSignal,
) => Promise<TokenCount>;

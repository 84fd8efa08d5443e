import type { ChatMessage } from '../tasks/text-generation/messages.js';

/** Models know it in most languages they are asked in. */
export const BRIEFLY = 'Answer briefly.';

/** A chat that asks for a short answer: at the end of its system prompt, or as one where it has none. */
export function askBriefly(first: ChatMessage | undefined, words: string): ChatMessage {
  const content = first?.role === 'system' && first.content !== '' ? `${first.content}\n\n${words}` : words;
  return { role: 'system', content };
}

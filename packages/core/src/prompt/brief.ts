import type { ChatMessage } from '../tasks/text-generation/messages.js';

/** Models know it in whatever language they are asked. */
const BRIEFLY = 'Answer briefly.';

/** A chat that asks for a short answer: at the end of its system prompt, or as one where it has none. */
export function askBriefly(first: ChatMessage | undefined): ChatMessage {
  const content = first?.role === 'system' && first.content !== '' ? `${first.content}\n\n${BRIEFLY}` : BRIEFLY;
  return { role: 'system', content };
}

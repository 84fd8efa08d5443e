import type { ChatMessage } from '../tasks/text-generation/messages.js';
import { withoutRepeated } from './boilerplate.js';
import { squeezeWhitespace } from './whitespace.js';

/** A message, and where it stood in the chat as it was asked; -1 of one that was added. */
export interface Placed {
  readonly at: number;
  readonly message: ChatMessage;
}

/** Whether words of it may go. What tools said is data, and nobody knows of which form. */
type MayChange = (placed: Placed) => boolean;

export const withoutMessages = (chat: readonly Placed[], dropped: ReadonlySet<number>): readonly Placed[] =>
  dropped.size === 0 ? chat : chat.filter(({ at }) => !dropped.has(at));

export const withoutWhitespace = (chat: readonly Placed[], mayChange: MayChange): readonly Placed[] =>
  chat.map((placed) => (mayChange(placed) ? withText(placed, squeezeWhitespace(placed.message.content)) : placed));

export function withoutPassages(chat: readonly Placed[], mayChange: MayChange): readonly Placed[] {
  const texts = chat.map((placed) => ({ text: placed.message.content, mayLose: mayChange(placed) }));
  return withoutRepeated(texts).map((text, i) => withText(chat[i]!, text));
}

const withText = (placed: Placed, content: string): Placed =>
  content === placed.message.content ? placed : { ...placed, message: { ...placed.message, content } };

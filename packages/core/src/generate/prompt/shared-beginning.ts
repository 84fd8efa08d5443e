import type { ChatTokenizer } from './chat-tokenizer.js';

type Chat = Omit<Parameters<ChatTokenizer['prompt']>[0], 'context'>;

/**
 * How many tokens of a chat come from its system's turn and tools alone: two chats that differ in all that follows
 * have them in common. The last beginning is kept, as most chats have the same.
 */
export function createSharedBeginning(
  encode: (chat: Chat) => readonly number[],
): (chat: Chat, ids: readonly number[]) => number {
  let last: { readonly key: string; readonly ids: readonly number[] } | undefined;
  const beginningOf = (chat: Chat): readonly number[] => {
    const firstOther = chat.messages.findIndex(({ role }) => role !== 'system');
    const system = chat.messages.slice(0, firstOther === -1 ? undefined : firstOther);
    const key = JSON.stringify([system, chat.tools, chat.chatTemplate]);
    if (last?.key === key) return last.ids;
    const probe = (content: string): readonly number[] =>
      encode({ ...chat, messages: [...system, { role: 'user', content }], prefix: '' });
    let ids: readonly number[];
    try {
      const first = probe('a');
      ids = first.slice(0, common(first, probe('1')));
    } catch {
      // A template may refuse these turns though it takes the chat's; then nothing is known to be shared.
      ids = [];
    }
    last = { key, ids };
    return ids;
  };
  return (chat, ids) => common(beginningOf(chat), ids);
}

function common(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

import type { ChatRungState } from '../chat/ladder-of.js';

/** Words of the chat, which come with it. */
export const CHAT_EN = {
  chat: 'What was said',
  message: 'Message',
  send: 'Send',
  stop: 'Stop',
  clear: 'Clear the chat',
  opening: 'Looking for who can write…',
  held: 'Writing; shown as soon as it is good enough…',
  stopped: 'Stopped. What was written stays.',
  failed: 'There is no answer',
  sure: (percent: string) => `${percent} likely right`,
  unmeasured: 'Nobody has measured how sure this is.',
  unsure: 'below what you ask for',
  why: 'Who wrote it, and why',
  ladder: 'Ladder of this answer, smallest first',
  states: {
    waiting: 'waits',
    held: 'writes, held back',
    writing: 'is writing',
    wrote: 'wrote the end',
    left: 'was left',
    failed: 'failed',
    'not-needed': 'not needed',
  } satisfies Record<ChatRungState['kind'], string>,
  unseen: 'before anything was shown',
  handedOver: 'the next one went on with its text',
  reasons: {
    context: 'it had no room left',
    failed: 'it broke off',
  } as Readonly<Record<string, string>>,
  spent: (tokens: number, firstToken: string) => `${tokens} tokens, the first after ${firstToken}`,
};

export type ChatTexts = typeof CHAT_EN;

import type { ChatRungState } from '../chat/ladder-of.js';

/** Words of the chat, which come with it. */
export const CHAT_EN = {
  chat: 'What was said',
  message: 'Message',
  send: 'Send',
  stop: 'Stop',
  clear: 'Clear the chat',
  opening: 'Looking for who can write…',
  held: 'At work; shown as soon as it is good enough…',
  stopped: 'Stopped. What was written stays.',
  cut: 'It ends here: whoever wrote it could not go on.',
  failed: 'There is no answer',
  addServer: (panel: string) => `Nobody here can write yet. A server that can is added under “${panel}”.`,
  sure: (percent: string) => `${percent} likely right`,
  unmeasured: 'Nobody has measured how sure this is.',
  unsure: 'below what you ask for',
  why: 'Who wrote it, and why',
  ladder: 'Ladder of this answer, smallest first',
  states: {
    waiting: 'waits',
    held: 'at work, nothing shown yet',
    writing: 'is writing',
    wrote: 'wrote the answer',
    left: 'was left',
    failed: 'failed',
    stopped: 'was stopped',
    'not-needed': 'not needed',
  } satisfies Record<ChatRungState['kind'], string>,
  unseen: 'nothing of it was shown',
  handedOver: 'the next one went on with its text',
  reasons: {
    confidence: 'it was not sure enough',
    context: 'it had no room left',
    failed: 'it broke off',
  } as Readonly<Record<string, string>>,
  spent: (tokens: number, firstToken: string) =>
    tokens === 1 ? `one token, after ${firstToken}` : `${tokens} tokens, the first after ${firstToken}`,
};

export type ChatTexts = typeof CHAT_EN;

import type { ChatMessage } from '../tasks/text-generation/messages.js';

/** A chat in parts that are left out whole or not at all: indexes of messages. */
export interface ChatTurns {
  /** Oldest first. None has a call of a tool without its answer, or the answer without the call. */
  readonly turns: readonly (readonly number[])[];
  /** Never touched: the last question, what stands right before it as if of the same user, and what tools said since. */
  readonly last: readonly number[];
}

/** Of the messages that are not of the system: a user's, several in a row as one, with all that follows. */
export function turnsOf(messages: readonly ChatMessage[]): ChatTurns {
  const turns: number[][] = [];
  /** Message of each call. */
  const calledAt = new Map<string, number>();
  let before: ChatMessage['role'] | undefined;
  for (const [at, { role, toolCalls = [], toolCallId }] of messages.entries()) {
    if (role === 'system') continue;
    if (turns.length === 0 || (role === 'user' && before !== 'user')) turns.push([]);
    const call = toolCallId === undefined ? undefined : calledAt.get(toolCallId);
    // Answered later than in its own turn: all between is one turn then.
    if (call !== undefined) joinFrom(turns, call);
    turns.at(-1)!.push(at);
    for (const { id } of toolCalls) calledAt.set(id, at);
    before = role;
  }
  return { turns: turns.slice(0, -1), last: turns.at(-1) ?? [] };
}

/** Of the turn with a message, and all behind it. */
function joinFrom(turns: number[][], message: number): void {
  const from = Math.max(
    0,
    turns.findLastIndex(([first]) => first !== undefined && first <= message),
  );
  turns.splice(from, turns.length, turns.slice(from).flat());
}

import { expect, it } from 'vitest';
import type { ChatMessage } from '../tasks/text-generation/messages.js';
import { turnsOf } from './turns.js';

/** `u`ser, `a`ssistant, `s`ystem; `c1` calls and `t1` answers it. */
function chat(short: string): ChatMessage[] {
  return short.split(' ').map((each): ChatMessage => {
    const id = each.slice(1);
    const content = each;
    switch (each[0]) {
      case 's':
        return { role: 'system', content };
      case 'a':
        return { role: 'assistant', content };
      case 'c':
        return { role: 'assistant', content, toolCalls: [{ id, name: 'look', arguments: '{}' }] };
      case 't':
        return { role: 'tool', content, ...(id && { toolCallId: id }) };
      default:
        return { role: 'user', content };
    }
  });
}

it.each([
  ['only the last question', 'u', [], [0]],
  ['only a system prompt', 's', [], []],
  [
    'turns of two, and the system in between',
    's u a u a s u',
    [
      [1, 2],
      [3, 4],
    ],
    [6],
  ],
  ['a greeting of the assistant', 'a u a u', [[0], [1, 2]], [3]],
  ['questions in a row are one', 'u a u u', [[0, 1]], [2, 3]],
  ['calls and their answers', 'u c1 t1 a u', [[0, 1, 2, 3]], [4]],
  ['the last question with what tools said since', 'u a u c1 t1', [[0, 1]], [2, 3, 4]],
  [
    'an answer that comes turns later',
    'u a u c1 u a u t1 a u',
    [
      [0, 1],
      [2, 3, 4, 5, 6, 7, 8],
    ],
    [9],
  ],
  ['an answer to a call of the last turn but one', 'u c1 u t1', [], [0, 1, 2, 3]],
  [
    'calls with one name in every turn',
    'u c1 t1 a u c1 t1 a u',
    [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ],
    [8],
  ],
  ['the answer to a call that is not there', 't9 u t8 u', [[0], [1, 2]], [3]],
])('are %s', (_, short, turns, last) => {
  expect(turnsOf(chat(short))).toEqual({ turns, last });
});

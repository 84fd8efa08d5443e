import { sameSaid } from './agreement.js';

/** How an answer is compared with what is right: word for word but for case and signs, as a part of it, or as JSON. */
export const ANSWER_JUDGES = ['exact', 'contains', 'json'] as const;
export type AnswerJudge = (typeof ANSWER_JUDGES)[number];

/** Whether an answer says one of those that are right. */
export function isRight(text: string, answers: readonly string[], judge: AnswerJudge): boolean {
  switch (judge) {
    case 'exact':
      return answers.some((answer) => sameSaid(text, answer));
    case 'contains':
      return answers.some((answer) => spaced(text).includes(spaced(answer)));
    case 'json':
      return answers.some((answer) => isJson(text) && isJson(answer) && sameSaid(text, answer));
    default:
      return judge satisfies never;
  }
}

/** Words with one space around each: a part of a word is none. */
const spaced = (text: string): string =>
  ` ${text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{P}]+/gu, ' ')
    .trim()} `;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

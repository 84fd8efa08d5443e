import { sameJson, sameSaid, wordsOf } from './agreement.js';

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
      return answers.some((answer) => sameJson(text, answer));
    default:
      return judge satisfies never;
  }
}

/** With a space around each word: a part of a word, or of a number, is none. */
const spaced = (text: string): string => ` ${wordsOf(text)} `;

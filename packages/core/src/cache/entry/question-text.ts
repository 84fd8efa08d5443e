import type { KeptAnswer } from '../../ports/response-cache.js';
import { toBase64 } from './number-text.js';

/** How an answer is found by what is alike, to the last bit: under another question it is another answer. */
export const questionText = (question: KeptAnswer['question']): string =>
  question === undefined
    ? ''
    : JSON.stringify([
        question.task,
        question.domain ?? null,
        question.encoder,
        question.answerId,
        question.features,
        toBase64(question.vector),
      ]);

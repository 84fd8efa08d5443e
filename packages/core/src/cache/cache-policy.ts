import type { TextOutput } from '../tasks/text-generation/text-output.js';
import type { Asked } from './canonical/asked.js';
import type { GivenAnswer } from './given-answer.js';

/** What a caller says beside a request that the cache has to know. */
export interface PolicyOptions {
  readonly queuedId?: string | undefined;
  readonly partOf?: string | undefined;
  readonly check?: unknown;
}

/** Whether the same request has the same answer, as far as anybody can promise: no other is looked up or kept. */
export function mayAnswerAgain(asked: Asked, { queuedId, partOf, check }: PolicyOptions): boolean {
  // One more try for a request that waits, or a part of another one.
  if (queuedId !== undefined || partOf !== undefined) return false;
  if (asked.kind === 'labels') return true;
  const { n, temperature, seed } = asked.request.generation;
  // What a caller looks at is its own say in the answer.
  return check === undefined && n === 1 && (temperature === 0 || seed !== undefined);
}

/** Whether an answer is as good as another run would make it. */
export function mayKeep({ verdict, trace, cache, queued, output }: GivenAnswer): boolean {
  if (verdict.kind !== 'accept' || verdict.degraded !== undefined || cache || queued !== undefined) return false;
  // Who is live, and what may still be spent, is otherwise with the next request.
  if (trace.some(({ kind }) => kind === 'budget' || kind === 'route')) return false;
  return output.kind !== 'text' || isWhole(output);
}

function isWhole({ choices: [choice, ...others] }: TextOutput): boolean {
  if (!choice || others.length > 0 || choice.toolCalls.length > 0) return false;
  return choice.finishReason === 'stop' || choice.finishReason === 'length';
}

import type { Generation, TextEnd, TextJob, TextSession } from '@terrace/core/generate';
import { DEFAULT_GENERATION } from '@terrace/core/generate';

/** What ends a turn of SmolLM2: ruled out, so that as many tokens are written whatever they say. */
const NO_END: Generation['logitBias'] = { 2: -100 };

export const textJob = (content: string, maxTokens: number, system?: string): TextJob => ({
  messages: [
    ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
    { role: 'user', content },
  ],
  tools: [],
  prefix: '',
  chatTemplate: undefined,
  generation: { ...DEFAULT_GENERATION, maxTokens, logitBias: NO_END },
  priority: 'normal',
});

export interface Written extends TextEnd {
  /** From the call to the first token, and to the end. */
  readonly firstMs: number;
  readonly totalMs: number;
}

export async function write(session: TextSession, job: TextJob, signal?: AbortSignal): Promise<Written> {
  const startMs = performance.now();
  const stream = session.generate(job, signal);
  let firstMs = 0;
  for (;;) {
    const { done, value } = await stream.next();
    firstMs ||= performance.now() - startMs;
    if (done) return { ...value, firstMs, totalMs: performance.now() - startMs };
  }
}

const WORDS = 'river stone market winter engine letter garden bridge silver number window people music history'.split(
  ' ',
);

/** Words without much sense, which no other call has had before. */
export function words(count: number, random: () => number): string {
  return Array.from({ length: count }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ');
}

import type { Output } from '../tasks/answer.js';
import type { TextOutput } from '../tasks/text-generation/text-output.js';
import type { CacheFacts } from './cache-facts.js';

/** What the cache looks at in the result of either kind of request. */
export interface GivenAnswer {
  readonly output: Output | TextOutput;
  readonly verdict: { readonly kind: 'accept' | 'abstain'; readonly degraded: string | undefined };
  readonly cache?: CacheFacts | undefined;
  readonly queued?: string | undefined;
  readonly trace: readonly { readonly kind: string }[];
}

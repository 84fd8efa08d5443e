import type { RequestInput } from '../../request/parse-request.js';
import type { TextRequestInput } from '../../text/request/text-request-schema.js';
import type { Result } from '../result.js';
import type { RunOptions } from '../run-options.js';
import type { Step } from '../step.js';
import type { TextResult } from '../text/text-result.js';
import type { TextRunOptions } from '../text/text-runtime.js';
import type { TextStep } from '../text/text-step.js';
import type { CacheOptions } from './response-cache.js';

/** Requests of both kinds: the cache treats them alike. */
export type AnyInput = RequestInput | TextRequestInput;
export type AnyOptions = RunOptions & TextRunOptions & CacheOptions;
export type AnyResult = Result | TextResult;
export type AnyStep = Step | TextStep;

/** What answers when the cache does not. */
export interface Answerer {
  run(input: AnyInput, options: AnyOptions): Promise<AnyResult>;
  stream(input: AnyInput, options: AnyOptions): AsyncGenerator<AnyStep, AnyResult>;
}

export const isText = (result: AnyResult): result is TextResult => result.output.kind === 'text';

import type { TaskId } from '../catalog/fields.js';
import type { RequestInput } from '../request/parse-request.js';
import type { Result } from './result.js';
import type { RunOptions } from './run-options.js';
import type { Step } from './step.js';

/**
 * The result of the task that was asked: a request that names none is classified; of one that may name any or none it
 * is either.
 */
export interface RunByTask<Input extends RequestInput = RequestInput, Options = RunOptions> {
  <T extends TaskId>(input: Input & { readonly task: T }, options?: InOrder<Options>): Promise<Result<T>>;
  (input: Input & { readonly task?: undefined }, options?: InOrder<Options>): Promise<Result<'text-classification'>>;
  (input: Input, options?: InOrder<Options>): Promise<Result>;
}

type InOrder<Options> = Options & { readonly inOrder?: string | undefined };

/** The same, step by step. */
export interface StreamByTask<Input extends RequestInput = RequestInput, Options = RunOptions> {
  <T extends TaskId>(input: Input & { readonly task: T }, options?: Options): Steps<T>;
  (input: Input & { readonly task?: undefined }, options?: Options): Steps<'text-classification'>;
  (input: Input, options?: Options): Steps<TaskId>;
}

type Steps<T extends TaskId> = AsyncGenerator<Step<T>, Result<T>>;

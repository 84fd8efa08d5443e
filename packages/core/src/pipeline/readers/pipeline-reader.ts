import type { PipelineInput, PipelineOutput } from '../../ports/pipeline-engine.js';
import type { TierAnswer } from '../../tasks/answer.js';

export interface Unusable {
  readonly kind: 'unusable';
  /** In words, to stand behind "cannot be used". */
  readonly why: string;
}

/** What a task of transformers.js is to a ladder. A further task is a further one of these, and a line in `reader-of.ts`. */
export interface PipelineReader {
  /** Kinds of input, the one it is tried with first. */
  readonly takes: readonly [PipelineInput['kind'], ...PipelineInput['kind'][]];
  /** Whether it is asked about something beside its text. */
  readonly takesContext?: true;
  /** What the pipeline is called with behind its input, so that it tells all that is to be read. */
  args(given: readonly unknown[]): readonly unknown[];
  /** Whether what is given behind the input is enough. @returns in words what is missing */
  missing?(given: readonly unknown[]): string | undefined;
  /** Total: whatever a model gives is an answer or unusable. */
  read(output: PipelineOutput): TierAnswer | Unusable;
}

export const unusable = (why: string): Unusable => ({ kind: 'unusable', why });

/** The options at this place of the arguments, with some that are not the caller's to choose. */
export function withOptions(
  given: readonly unknown[],
  at: number,
  { defaults = {}, fixed = {} }: { readonly defaults?: object; readonly fixed?: object },
): readonly unknown[] {
  const options = given[at];
  return [...given.slice(0, at), { ...defaults, ...(isObject(options) && options), ...fixed }];
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

import { InvalidRequestError, type EndpointManifest, type ModelTaskId } from '@terrace/core';

/** What a person says about an endpoint; the rest is found out. */
export interface EndpointWish {
  readonly id: string;
  readonly placement: EndpointManifest['placement'];
  readonly model?: string | undefined;
  readonly domains?: readonly string[] | undefined;
  readonly tasks?: readonly ModelTaskId[] | undefined;
}

/** What an endpoint does and for whom, and what is to be said about it. */
export interface EndpointPlan
  extends
    Pick<EndpointManifest, 'model' | 'tasks'>,
    Partial<Pick<EndpointManifest, 'domains' | 'labels' | 'serves' | 'tensors'>> {
  readonly notes: readonly string[];
}

/** Whether it is to write text, and nothing else. */
export const writesOnly = (tasks: readonly ModelTaskId[] | undefined): boolean =>
  tasks?.length === 1 && tasks[0] === 'text-generation';

export const cannotUse = (message: string, hint: string): InvalidRequestError =>
  new InvalidRequestError({ message, hint });

/** Names of a list, as many as a line holds. */
export function named(names: readonly string[]): string {
  const shown = names.slice(0, 12).join(', ') || 'none';
  return names.length > 12 ? `${shown} and ${names.length - 12} more` : shown;
}

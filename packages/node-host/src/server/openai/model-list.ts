import { labelsOf, candidateTiers, type Catalog } from '@terrace/core';
import type { ModelChoice } from '../model-name.js';
import type { TextChoice } from '../text-name.js';

/** A model as the API lists it, with what a client of ours wants to know beside it. */
export interface ListedModel {
  readonly id: string;
  readonly object: 'model';
  /** Nobody keeps when a model was made. */
  readonly created: 0;
  readonly owned_by: string;
  readonly tasks: readonly string[];
  readonly domain: string | null;
  /** Where it answers; a ladder begins on the device. */
  readonly placement: string;
  /** Length of its embeddings, where it is known. */
  readonly dimensions: number | null;
  /** How many labels it chooses among; null where it classifies nothing. */
  readonly labels: number | null;
}

/** A ladder makes no embeddings here: those of its rungs cannot be compared with each other. */
const tasksOf = ({ policy, tasks }: ModelChoice): readonly string[] =>
  policy === 'cascade' ? tasks.filter((task) => task !== 'feature-extraction') : tasks;

/** Whether any route of the API answers under the name; a chat with an endpoint is no task. */
export const isAskable = (choice: ModelChoice): boolean => tasksOf(choice).length > 0 || choice.endpoint !== undefined;

export function listedModel(choice: ModelChoice, catalog: Catalog): ListedModel {
  const { name, policy, domain, tasks, endpoint } = choice;
  const model = catalog.models.find(({ id }) => id === policy);
  return {
    id: name,
    object: 'model',
    created: 0,
    owned_by: model?.publisher ?? (endpoint ? endpoint.placement : 'terrace'),
    tasks: tasksOf(choice),
    domain: domain ?? null,
    placement: endpoint?.placement ?? model?.placement ?? 'device',
    dimensions: dimensionsOf(choice, catalog) ?? null,
    labels: tasks.includes('text-classification') ? labelsOfChoice(choice, catalog).length : null,
  };
}

/** A name under which text is generated, whatever else is done under it. */
export function withText(
  before: ListedModel | undefined,
  { name, policy, domain }: TextChoice,
  { models, endpoints = [] }: Catalog,
): ListedModel {
  if (before) return { ...before, tasks: [...before.tasks, 'text-generation'] };
  const model = models.find(({ id }) => id === policy);
  const endpoint = endpoints.find(({ id }) => id === policy);
  return {
    id: name,
    object: 'model',
    created: 0,
    owned_by: model?.publisher ?? endpoint?.placement ?? 'terrace',
    tasks: ['text-generation'],
    domain: domain ?? null,
    placement: endpoint?.placement ?? model?.placement ?? 'device',
    dimensions: null,
    labels: null,
  };
}

/** Length of a model's embeddings; undefined for ladders and for what somebody else runs. */
export const dimensionsOf = ({ policy }: Pick<ModelChoice, 'policy'>, { models }: Catalog): number | undefined =>
  models.find(({ id }) => id === policy)?.hidden;

/** Every label that a model can answer with. */
export function labelsOfChoice(
  { policy, domain, subDomain }: Pick<ModelChoice, 'policy' | 'domain' | 'subDomain'>,
  catalog: Catalog,
): readonly string[] {
  const tiers = candidateTiers(catalog, { task: 'text-classification', domain, subDomain });
  const asked = policy === 'cascade' ? tiers : tiers.filter(({ id }) => id === policy);
  return [...new Set(asked.flatMap(labelsOf))];
}

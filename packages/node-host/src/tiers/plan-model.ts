import { requireDomain, type Catalog, type EndpointDescription, type ModelTaskId } from '@terrace/core';
import { cannotUse, named, writesOnly, type EndpointPlan, type EndpointWish } from './endpoint-wish.js';
import { deltaFor } from './plan-domains.js';

/**
 * A plan for one model, whatever its server calls it. Pure.
 * @throws InvalidRequestError when it is not clear which model, what for, or which labels; UnknownDomainError
 */
export function planModel(
  { model, description, wish }: { model: string; description: EndpointDescription; wish: EndpointWish },
  catalog: Catalog,
): EndpointPlan {
  // What writes needs no labels of a domain: text has domains of its own.
  if (writesOnly(wish.tasks)) {
    return { model, tasks: ['text-generation'], ...(wish.domains && { domains: [...wish.domains] }), notes: [] };
  }
  for (const id of wish.domains ?? []) requireDomain(catalog, id);
  // It is held to what it answers, where it answers and writes.
  const tasks = [...(wish.tasks ?? description.tasks)].toSorted((a, b) => rankOf(a) - rankOf(b));
  if (tasks.length === 0) {
    throw cannotUse(
      `It is not clear what "${model}" does.`,
      'Say it: --task text-classification, --task feature-extraction or --task text-generation.',
    );
  }
  const { tensors } = description;
  const plan = { model, tasks, ...(tensors && { tensors }), notes: [] };
  return tasks.includes('text-classification') ? { ...plan, ...labelled(description, wish, catalog) } : plan;
}

const rankOf = (task: ModelTaskId): number => (task === 'text-generation' ? 1 : 0);

/** Which labels it answers with, and in which domains. */
function labelled(
  description: EndpointDescription,
  wish: EndpointWish,
  catalog: Catalog,
): Pick<EndpointPlan, 'domains' | 'labels'> {
  const { labels, domains: told, tensors } = description;
  if (labels) {
    const wanted = wish.domains ?? catalog.domains.map(({ id }) => id);
    const same = wanted.filter((id) => hasLabels(catalog, id, labels));
    const strange = (wish.domains ?? []).find((id) => !same.includes(id));
    if (strange !== undefined) {
      throw cannotUse(
        `Its labels are not those of ${strange}: ${named(labels)}.`,
        'Leave --domain out: it then answers with its own labels.',
      );
    }
    return { labels: [...labels], domains: told ? same.filter((id) => told.includes(id)) : same };
  }
  // A chat model is told the labels; a model with scores has an order of its own that nobody knows.
  if (tensors?.scores !== undefined && wish.domains === undefined) {
    throw cannotUse(
      'The server does not say which labels its scores are of.',
      'Name the domain whose labels they are, in the same order: --domain DOMAIN.',
    );
  }
  if (catalog.domains.length === 0) {
    throw cannotUse('There is no domain whose texts it could classify.', 'Add one first: `terrace models pull`.');
  }
  return wish.domains ? { domains: [...wish.domains] } : {};
}

function hasLabels(catalog: Catalog, domain: string, labels: readonly string[]): boolean {
  const own = deltaFor(catalog, domain, undefined)?.labels ?? [];
  return own.length === labels.length && own.every((label) => labels.includes(label));
}

/** The model that was named, or the only one there is. @throws InvalidRequestError */
export function chooseModel(wish: EndpointWish, { models }: EndpointDescription): string {
  if (wish.model !== undefined) return wish.model;
  const [only, ...others] = models;
  if (only !== undefined && others.length === 0) return only;
  throw cannotUse(
    `The server offers ${models.length === 0 ? 'no model by name' : `several models: ${named(models)}`}.`,
    'Name one with --model.',
  );
}

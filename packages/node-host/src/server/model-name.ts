import {
  candidateTiers,
  InvalidRequestError,
  ModelNotFoundError,
  UnknownDomainError,
  type Catalog,
  type TaskId,
} from '@terrace/core';

export type Endpoint = NonNullable<Catalog['endpoints']>[number];

/** What a model name stands for. */
export interface ModelChoice {
  /** As it is listed: one name, however it was written. It holds no sub-domain. */
  readonly name: string;
  /** As a request has it: `cascade`, or the id of one tier. */
  readonly policy: string;
  readonly domain: string | undefined;
  readonly subDomain: string | undefined;
  /** What it can do under this name; chat with an endpoint is no task. */
  readonly tasks: readonly TaskId[];
  /** The endpoint that bears the name. */
  readonly endpoint: Endpoint | undefined;
}

/** The name of the whole ladder. */
const LADDER = 'auto';
/** Longer ones are nobody's: two ids, a sub-domain and what joins them. */
const MAX_NAME = 512;
const TASKS: readonly TaskId[] = ['text-classification', 'feature-extraction'];

const known = new WeakMap<
  Catalog,
  { readonly listed: readonly ModelChoice[]; readonly parsed: Map<string, ModelChoice> }
>();

/** Every name a catalog offers: each tier alone, each with each domain it can answer, and the ladder of each domain. */
export const listModels = (catalog: Catalog): readonly ModelChoice[] => namesOf(catalog).listed;

/**
 * Reads a model name: an optional `terrace/`, then `auto` (the ladder) or the id of a tier, then optionally `:domain` or
 * `:domain/subDomain`.
 * @throws ModelNotFoundError when the catalog offers nothing under it
 */
export function parseModelName(name: string, catalog: Catalog): ModelChoice {
  const { listed, parsed } = namesOf(catalog);
  const before = parsed.get(name);
  if (before) return before;
  const found = name.length <= MAX_NAME && (find(name, listed) ?? find(name.replace(/^terrace\//, ''), listed));
  if (!found) throw notFound(name);
  // Only what was found is kept, so that strangers cannot fill the memory with names.
  const choice = found.subDomain === undefined ? found : withinDomain(found, catalog, name);
  parsed.set(name, choice);
  return choice;
}

/**
 * @throws InvalidRequestError when the model, under this name, cannot do the task
 */
export function requireTask({ name, domain, tasks }: ModelChoice, task: TaskId): void {
  if (tasks.includes(task)) return;
  const hint =
    task === 'text-classification' && domain === undefined
      ? `Put a domain behind the name, such as "${name}:clinc150"; /v1/models lists them.`
      : 'Choose another model; /v1/models tells what each one does.';
  throw new InvalidRequestError({
    message: `The model "${name}" does no ${task}.`,
    hint,
    facts: { model: name, task },
  });
}

function namesOf(catalog: Catalog) {
  let names = known.get(catalog);
  if (!names) {
    names = { listed: allOf(catalog), parsed: new Map() };
    known.set(catalog, names);
  }
  return names;
}

function allOf(catalog: Catalog): ModelChoice[] {
  const domains = [undefined, ...catalog.domains.map(({ id }) => id)];
  return domains.flatMap((domain) => {
    const tasksOf = new Map<string, TaskId[]>();
    for (const task of TASKS)
      for (const id of new Set(candidateTiers(catalog, { task, domain, subDomain: undefined }).map((tier) => tier.id)))
        tasksOf.set(id, [...(tasksOf.get(id) ?? []), task]);
    // An endpoint has a name of its own for chats, whatever else it does.
    if (domain === undefined) for (const { id } of catalog.endpoints ?? []) tasksOf.set(id, tasksOf.get(id) ?? []);
    if (tasksOf.size === 0) return [];
    const ladder = TASKS.filter((task) => (domain === undefined ? task === 'feature-extraction' : true)).filter(
      (task) => [...tasksOf.values()].some((tasks) => tasks.includes(task)),
    );
    const suffix = domain === undefined ? '' : `:${domain}`;
    const choice = (id: string, policy: string, tasks: readonly TaskId[]): ModelChoice => ({
      name: `${id}${suffix}`,
      policy,
      domain,
      subDomain: undefined,
      tasks,
      endpoint: catalog.endpoints?.find((endpoint) => endpoint.id === id),
    });
    return [
      choice(`terrace/${LADDER}`, 'cascade', ladder),
      ...[...tasksOf].map(([id, tasks]) => choice(id, id, tasks)),
    ];
  });
}

/** A listed model under this very name, or one that the name narrows to a sub-domain. */
function find(name: string, listed: readonly ModelChoice[]): ModelChoice | undefined {
  const exact = listed.find((each) => each.name === name || each.name === `terrace/${name}`);
  if (exact) return exact;
  for (const each of listed) {
    if (each.domain === undefined) continue;
    const prefix = [`${each.name}/`, `${each.name.replace(/^terrace\//, '')}/`].find((one) => name.startsWith(one));
    if (prefix !== undefined) return { ...each, subDomain: name.slice(prefix.length) };
  }
  return undefined;
}

/** @throws ModelNotFoundError when the domain has no such sub-domain */
function withinDomain(choice: ModelChoice, catalog: Catalog, name: string): ModelChoice {
  const { domain, subDomain } = choice;
  try {
    candidateTiers(catalog, { task: 'text-classification', domain, subDomain });
    return choice;
  } catch (error) {
    if (UnknownDomainError.isInstance(error)) throw notFound(name);
    throw error;
  }
}

function notFound(name: string): ModelNotFoundError {
  const shown = name.slice(0, 128);
  return new ModelNotFoundError({
    message: `The model "${shown}" does not exist.`,
    hint: 'GET /v1/models lists the models; `terrace models list` shows them where the server runs.',
    facts: { model: shown },
  });
}

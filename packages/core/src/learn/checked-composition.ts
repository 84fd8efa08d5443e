import type { Catalog, Delta } from '../catalog/schema.js';
import { idSchema } from '../catalog/fields.js';
import { requireDomain } from '../catalog/tier.js';
import type { LabelledText } from '../delta/gate/data-report.js';
import { InvalidDataError } from '../errors/invalid-data-error.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { LocalRung } from '../recommend/choose-ladder.js';
import { checkedRows } from './checked-examples.js';
import type { ComposeAsk } from './deltas.js';

const MOST_DOMAINS = 16;
const MOST_WEIGHT = 10;

/** One domain of a composition. */
export interface ComposedDomain {
  readonly domain: string;
  readonly weight: number;
  /** Rows that it is judged by; none without an evaluation of it. */
  readonly rows: readonly LabelledText[];
}

/** A rung that every domain has a delta for, and those deltas in the order of the domains. */
export interface ComposableRung {
  readonly rung: LocalRung;
  readonly deltas: readonly Delta[];
}

/** @throws InvalidRequestError, InvalidDataError, UnknownDomainError */
export function checkedDomains(
  { domains, into, weights, evaluation = {} }: ComposeAsk,
  catalog: Catalog,
): readonly ComposedDomain[] {
  if (domains.length < 2 || domains.length > MOST_DOMAINS || new Set(domains).size < domains.length)
    throw refusal(`2 to ${MOST_DOMAINS} domains are composed, each once`, 'Name the domains to compose.');
  for (const domain of domains) requireDomain(catalog, domain);
  if (!idSchema.safeParse(into).success || into.includes('/') || domains.includes(into))
    throw refusal(`"${into.slice(0, 140)}" cannot name the composed domain`, 'Give it a name of its own, without "/".');
  const areWeights = weights?.every((weight) => weight > 0 && weight <= MOST_WEIGHT) ?? true;
  if (!areWeights || (weights && weights.length !== domains.length))
    throw refusal(
      `The weights are not ${domains.length} numbers above 0 and up to ${MOST_WEIGHT}`,
      'Give one a domain, in their order, or none.',
    );
  const stray = Object.keys(evaluation).find((domain) => !domains.includes(domain));
  if (stray !== undefined)
    throw refusal(`There are rows of "${stray.slice(0, 140)}", which is not composed`, 'Leave them out.');
  return domains.map((domain, i) => {
    const rows = checkedRows(Object.hasOwn(evaluation, domain) ? evaluation[domain]! : []);
    const known = new Set(catalog.deltas.filter((delta) => delta.domain === domain).flatMap(({ labels }) => labels));
    requireLabels(rows, known, domain);
    return { domain, weight: weights?.[i] ?? 1 / Math.sqrt(domains.length), rows };
  });
}

/** @throws InvalidRequestError when there is no base that all of them have a delta for */
export function composableRungs(
  domains: readonly ComposedDomain[],
  rungs: readonly LocalRung[],
  catalog: Catalog,
): readonly ComposableRung[] {
  const composable = rungs.flatMap((rung) => {
    const deltas = domains.flatMap(
      ({ domain }) =>
        catalog.deltas.find((each) => each.domain === domain && each.base.id === rung.tier.model.id) ?? [],
    );
    return deltas.length === domains.length ? [{ rung, deltas }] : [];
  });
  if (composable.length > 0) return composable;
  throw refusal('There is no base on this device that all of these domains have a delta for', 'Fit the missing ones.');
}

/** @throws InvalidDataError */
function requireLabels(rows: readonly LabelledText[], known: ReadonlySet<string>, domain: string): void {
  const stray = rows.find(({ label }) => !known.has(label));
  if (!stray) return;
  throw new InvalidDataError({
    message: `Line ${stray.line} of the rows of "${domain}" has the label "${stray.label.slice(0, 80)}", which it does not know.`,
    hint: 'Use the labels of the domain.',
    facts: { line: stray.line },
  });
}

const refusal = (message: string, hint: string): InvalidRequestError =>
  new InvalidRequestError({ message: `${message}.`, hint });

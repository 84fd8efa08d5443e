import {
  requireDomain,
  type Catalog,
  type Delta,
  type EndpointDescription,
  type EndpointManifest,
} from '@terrace/core';
import { cannotUse, named, type EndpointPlan, type EndpointWish } from './endpoint-wish.js';
import { equalServes } from './serves.js';

/**
 * A plan for a server that has a model for every domain, such as a Terrace: those domains that it has in common with
 * the catalog, and whose labels are the same.
 * @param model with `{domain}` in it, as the server lists it
 * @param describe what the server says of its model for one domain
 * @throws InvalidRequestError when there is none; UnknownDomainError, and what `describe` throws
 */
export async function planDomains(
  { model, found, wish }: { model: string; found: readonly string[]; wish: EndpointWish },
  { catalog, describe }: { catalog: Catalog; describe: (domain: string) => Promise<EndpointDescription> },
): Promise<EndpointPlan> {
  for (const id of wish.domains ?? []) requireDomain(catalog, id);
  const here = wish.domains ?? catalog.domains.map(({ id }) => id);
  const both = here.filter((id) => found.includes(id));
  if (both.length === 0) {
    throw cannotUse(
      `The server has no domain in common with the catalog: there ${named(found)}; here ${named(here)}.`,
      'Add the domain on one of the two (`terrace models pull`), or name another model with --model.',
    );
  }
  const notes: string[] = [];
  const described: { id: string; delta: Delta; description: EndpointDescription }[] = [];
  for (const id of both) {
    const description = await describe(id);
    const delta = deltaFor(catalog, id, description.serves?.model);
    const fault = delta ? labelFault(delta, description) : 'the catalog has no labels for it';
    if (!delta || fault !== undefined) notes.push(`${id} is left out: ${fault}`);
    else described.push({ id, delta, description });
  }
  const [first] = described;
  if (!first) throw cannotUse(`The server answers for no domain of the catalog: ${notes.join('; ')}.`, SAME);
  const serves = commonServes(described);
  const matched = serves && equalServes(serves, catalog);
  if (matched) notes.push(...matched.notes);
  const ids = described.map(({ id }) => id);
  // An endpoint that serves a model is asked in the domains where it computes the same, and in no others.
  const used = matched?.serves ? ids.filter((id) => id in matched.serves!.deltas) : ids;
  const { tensors } = first.description;
  return {
    model,
    tasks: ['text-classification'],
    domains: used,
    ...(matched?.serves && { serves: matched.serves }),
    ...(tensors && { tensors: isLadder(first.description) ? byLabel(tensors) : tensors }),
    notes,
  };
}

const SAME = 'Use the same deltas on both: `terrace models bundle` on one, `terrace models import` on the other.';

/** Whose labels the endpoint's answers are read with: what the catalog will take, too. */
export function deltaFor({ deltas }: Catalog, domain: string, model: string | undefined): Delta | undefined {
  const own = deltas.filter((delta) => delta.domain === domain);
  return own.find(({ base }) => base.id === model) ?? own.at(-1);
}

/** Scores are told apart by their place: their labels must be the same in the same order. */
function labelFault({ labels }: Delta, description: EndpointDescription): string | undefined {
  const theirs = description.labels;
  if (!theirs) return 'the server does not say which labels it has there';
  const foreign = theirs.find((label) => !labels.includes(label));
  if (foreign !== undefined) return `the server has a label there that is not known here, "${foreign.slice(0, 80)}"`;
  if (isLadder(description)) return undefined;
  return theirs.length === labels.length && theirs.every((label, i) => label === labels[i])
    ? undefined
    : 'the labels of the server are others, or in another order';
}

/** A ladder names no model: which one answers depends on the text. */
const isLadder = ({ serves, tensors }: EndpointDescription): boolean =>
  serves === undefined && tensors?.label !== undefined && tensors.confidence !== undefined;

/** A ladder has judged already: its calibrated confidence says more than scores that nothing here can be fused with. */
function byLabel({ scores: _, ...tensors }: NonNullable<EndpointManifest['tensors']>): EndpointManifest['tensors'] {
  return tensors;
}

function commonServes(
  described: readonly { readonly id: string; readonly description: EndpointDescription }[],
): EndpointDescription['serves'] {
  const all = described.map(({ description }) => description.serves);
  const [first] = all;
  if (!first || all.some((each) => each?.model !== first.model || each.variant !== first.variant)) return undefined;
  return { ...first, deltas: Object.assign({}, ...all.map((each) => each!.deltas)) };
}

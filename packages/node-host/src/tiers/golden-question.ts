import {
  candidateTiers,
  type Catalog,
  type Delta,
  type Endpoint,
  type RemoteAsk,
  type RemoteTier,
} from '@terrace/core';

/** What an embedding is asked of. */
const ANY_TEXT = 'the quick brown fox jumps over the lazy dog';
const MAX_TEXT = 256;

/**
 * A text that whoever knows the labels can hardly take for another: the words of the first of them that means
 * something.
 */
export function goldenText(labels: readonly string[], outOfScopeLabel: string | null): string {
  const label = labels.find((each) => each !== outOfScopeLabel);
  const words = label?.replaceAll(/[\s_.-]+/g, ' ').trim();
  return (words || ANY_TEXT).slice(0, MAX_TEXT);
}

/**
 * The endpoint as the rung that its golden question is put to.
 * @returns undefined when it answers for no domain of the catalog; what chats are only passed on to needs none
 */
export function goldenTier(catalog: Catalog, endpoint: Endpoint): RemoteTier | undefined {
  const [task] = endpoint.tasks;
  const { id, placement } = endpoint;
  if (task === undefined || task === 'text-generation')
    return { kind: 'remote', id, placement, endpoint, delta: undefined };
  const domain = endpoint.golden?.domain;
  const ids = catalog.domains.map((known) => known.id);
  for (const each of domain === undefined ? [undefined, ...ids] : ids.filter((known) => known === domain)) {
    const tiers = candidateTiers(catalog, { task, domain: each, subDomain: undefined });
    const found = tiers.find((tier): tier is RemoteTier => tier.kind === 'remote' && tier.id === id);
    if (found) return found;
  }
  return undefined;
}

/** @param delta of the domain that is asked about; undefined for embeddings and for labels of the endpoint's own */
export function goldenAsk(
  endpoint: Pick<Endpoint, 'tasks' | 'labels' | 'golden'>,
  delta: Delta | undefined,
  requestId: string,
): RemoteAsk {
  const [task] = endpoint.tasks;
  const isEmbedding = task === 'feature-extraction';
  const labels = isEmbedding ? [] : (delta?.labels ?? endpoint.labels ?? []);
  const outOfScopeLabel = delta?.outOfScopeLabel ?? null;
  return {
    task: isEmbedding ? 'feature-extraction' : 'text-classification',
    text: endpoint.golden?.text ?? goldenText(labels, outOfScopeLabel),
    domain: endpoint.golden?.domain ?? delta?.domain,
    labels,
    outOfScopeLabel,
    requestId,
  };
}

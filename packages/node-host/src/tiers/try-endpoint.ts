import {
  createEndpointClient,
  endpointManifestSchema,
  labelOf,
  parseFile,
  RemoteAnswerError,
  type Catalog,
  type Delta,
  type EndpointManifest,
} from '@terrace/core';
import { withinTime, withVariable, type EndpointPorts } from './describe-endpoint.js';
import { goldenAsk } from './golden-question.js';
import { writesOnly } from './endpoint-wish.js';
import { deltaFor } from './plan-domains.js';
import { tryText } from './try-text.js';

/** The first call opens the connection, and what it takes says nothing of the others. */
const CALLS = 4;

/** A manifest without what is found out by asking. */
export type UntriedManifest = Omit<Partial<EndpointManifest>, 'golden' | 'measuredMs' | 'price'> &
  Pick<EndpointManifest, 'id' | 'protocol' | 'url' | 'model' | 'tasks'> & {
    readonly price?: Partial<EndpointManifest['price']>;
  };

export interface TriedEndpoint {
  readonly manifest: EndpointManifest;
  /** Of each call, in milliseconds, the first included. */
  readonly tookMs: readonly number[];
  readonly notes: readonly string[];
}

/**
 * Asks an endpoint its golden question a few times: what it says is what it is held to from then on.
 * @param newId of a request
 * @throws InvalidCatalogError when the manifest is none; what `EndpointClient.ask` throws
 */
export async function tryEndpoint(
  untried: UntriedManifest,
  {
    catalog,
    ports,
    newId,
    signal,
  }: { catalog: Catalog; ports: EndpointPorts; newId: () => string; signal: AbortSignal },
): Promise<TriedEndpoint> {
  const draft = parseFile(endpointManifestSchema, { format: 1, ...untried }, 'endpoint.json').value;
  const { url, id } = draft;
  if (writesOnly(draft.tasks)) return tryText(draft, { ports, newId, signal });
  const client = createEndpointClient({ endpoint: draft, ...ports });
  const delta = deltaAsked(draft, catalog);
  const tookMs: number[] = [];
  const said: (string | undefined)[] = [];
  let text = '';
  for (let call = 0; call < CALLS; call++) {
    const ask = goldenAsk(draft, delta, newId());
    text = ask.text;
    const fromMs = ports.clock.nowMs();
    try {
      const { answer } = await withinTime(id, { ports, signal }, (limited) => client.ask(ask, limited));
      tookMs.push(ports.clock.nowMs() - fromMs);
      said.push(labelOf(answer));
    } catch (error) {
      if (call === 0 && writesFreely(draft, error)) return forChatsOnly(draft, ports.clock.nowMs() - fromMs);
      throw withVariable(error, url);
    }
  }
  const isSteady = new Set(said).size === 1;
  const label = isSteady ? said[0] : undefined;
  const golden = { text, ...(delta && { domain: delta.domain }), ...(label !== undefined && { label }) };
  const measuredMs = median(tookMs.slice(1));
  const manifest = { ...draft, golden, measuredMs };
  return {
    manifest: parseFile(endpointManifestSchema, manifest, 'endpoint.json').value,
    tookMs,
    notes: isSteady ? [] : ['it answers one question now so, now so: only that it answers will be checked'],
  };
}

/** A chat model that answers, and keeps to no list of labels. */
const writesFreely = ({ protocol, tasks }: EndpointManifest, error: unknown): boolean =>
  protocol === 'openai' &&
  tasks.length === 1 &&
  RemoteAnswerError.isInstance(error) &&
  error.facts['fault'] === 'label';

function forChatsOnly({ domains: _, ...draft }: EndpointManifest, tookMs: number): TriedEndpoint {
  return {
    manifest: parseFile(endpointManifestSchema, { ...draft, tasks: [], measuredMs: tookMs }, 'endpoint.json').value,
    tookMs: [tookMs],
    notes: ['it keeps to no list of labels: chats are passed on to it, and it classifies nothing'],
  };
}

/** Of the first domain it knows; undefined for embeddings and for labels of its own. */
function deltaAsked({ tasks, domains, serves, labels }: EndpointManifest, catalog: Catalog): Delta | undefined {
  if (tasks[0] === 'feature-extraction') return undefined;
  const domain = domains?.[0] ?? (labels ? undefined : catalog.domains[0]?.id);
  return domain === undefined ? undefined : deltaFor(catalog, domain, serves?.model);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

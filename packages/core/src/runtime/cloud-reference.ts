import { costOfCall } from '../catalog/cost-of-call.js';
import { endpointSchema, type Endpoint } from '../catalog/endpoint.js';
import { CHARACTERS_PER_TOKEN, QUESTION_TOKENS, questionTokens, type TokenCounts } from '../catalog/question-tokens.js';
import type { Catalog } from '../catalog/schema.js';
import type { RemoteTier } from '../catalog/tier.js';
import type { CloudReference } from '../evaluate/ledger-report.js';
import type { OutcomeRecord, VariantStatistics } from '../ports/ledger.js';
import { estimateEndpoint } from '../recommend/estimate-endpoint.js';

/** What a small chat model cost at the large providers in 2025, in US dollars a million tokens. */
const ASSUMED_PRICE = { perMillionInputTokens: 0.15, perMillionOutputTokens: 0.6 };
/** 0.24 Wh: the median prompt of a chat assistant, as its provider measured it. A label takes less than a letter. */
const CHAT_JOULES = 864;
/** Names, brackets and what else a protocol sends with a text. */
const ENVELOPE_BYTES = 150;

/** The words for what is taken for granted. */
const ENERGY = `a call to a chat model takes ${CHAT_JOULES} J in its data centre, as the median prompt of a chat assistant did in 2025 (Google); what a site's server draws is not known`;

/** What the figures rest on when the catalog names no endpoint. */
const assumedEndpoint = (): Endpoint =>
  endpointSchema.parse({
    id: 'cloud',
    placement: 'cloud',
    protocol: 'openai',
    url: 'https://cloud.invalid/v1',
    model: 'chat',
    tasks: ['text-classification', 'feature-extraction'],
    price: ASSUMED_PRICE,
    contentId: '0'.repeat(64),
  });

/**
 * Where everything could have gone: the fastest endpoint in the cloud, else the fastest at the site, as the ledger has
 * seen it; else a chat model as they are sold.
 * @param domain only endpoints that can answer in it
 */
export function cloudReference({
  catalog,
  statistics,
  domain,
}: {
  catalog: Pick<Catalog, 'endpoints' | 'deltas'>;
  statistics: readonly VariantStatistics[];
  domain: string | undefined;
}): CloudReference {
  const known = (catalog.endpoints ?? [])
    .filter(({ domains }) => domain === undefined || domains === undefined || domains.includes(domain))
    .map((endpoint) => withLatency(endpoint, statistics))
    .toSorted(
      (a, b) =>
        Number(b.endpoint.placement === 'cloud') - Number(a.endpoint.placement === 'cloud') || a.p50Ms - b.p50Ms,
    );
  const { endpoint, p50Ms, p95Ms, measured } = known[0] ?? withLatency(assumedEndpoint(), []);
  const isChat = endpoint.protocol === 'openai' && endpoint.tasks.includes('text-classification');
  const tokensOf = tokensByDomain(endpoint, catalog.deltas);
  const speaksOfEnergy = isChat && endpoint.placement === 'cloud';
  return {
    id: endpoint.id,
    placement: endpoint.placement,
    p50Ms,
    p95Ms,
    costPerCallUsd: (call) => {
      const { inputTokens, outputTokens } = tokensOf(call);
      return costOfCall(endpoint, {
        // The typical question is counted already.
        inputTokens: inputTokens + Math.max(0, call.tokens - QUESTION_TOKENS),
        outputTokens,
      });
    },
    overheadBytes: (call) =>
      ENVELOPE_BYTES + Math.max(0, tokensOf(call).inputTokens - QUESTION_TOKENS) * CHARACTERS_PER_TOKEN,
    energyPerCallJoules: speaksOfEnergy ? CHAT_JOULES : undefined,
    assumptions: [
      ...(known.length === 0
        ? [
            `the catalog names no endpoint: prices of a small chat model are taken ($${ASSUMED_PRICE.perMillionInputTokens} and $${ASSUMED_PRICE.perMillionOutputTokens.toFixed(2)} a million tokens in and out)`,
          ]
        : []),
      ...(endpoint.placement === 'cloud' && isFree(endpoint) ? ['the catalog states no price for it'] : []),
      ...(measured ? [] : [latencyWords(endpoint, p50Ms, p95Ms)]),
      ...(speaksOfEnergy ? [ENERGY] : []),
    ],
  };
}

function withLatency(endpoint: Endpoint, statistics: readonly VariantStatistics[]) {
  const tier: RemoteTier = {
    kind: 'remote',
    id: endpoint.id,
    placement: endpoint.placement,
    endpoint,
    delta: undefined,
  };
  const own = statistics.find(({ variantId }) => variantId === endpoint.contentId);
  const { latencyMs, p95Ms, basis } = estimateEndpoint({ tier, statistics: own, calibration: undefined });
  return { endpoint, p50Ms: latencyMs, p95Ms, measured: basis === 'measured' };
}

const isFree = (endpoint: Endpoint): boolean => costOfCall(endpoint, { inputTokens: 1, outputTokens: 1 }) === 0;

const latencyWords = ({ measuredMs }: Endpoint, p50Ms: number, p95Ms: number): string =>
  measuredMs === undefined
    ? `no call to it was measured: ${rounded(p50Ms)} ms are taken, and ${rounded(p95Ms)} ms for the slowest in twenty`
    : `too few calls to it were measured: ${rounded(p50Ms)} ms were seen when it was added, and ${rounded(p95Ms)} ms are taken for the slowest in twenty`;

const rounded = (ms: number): number => Number(ms.toPrecision(3));

/** Of a call in a task and domain; a chat model reads the labels of the domain with every question. */
function tokensByDomain(endpoint: Endpoint, deltas: Catalog['deltas']) {
  const byDomain = new Map<string | undefined, TokenCounts>();
  return ({ task, domain }: Pick<OutcomeRecord, 'task' | 'domain'>): TokenCounts => {
    if (task !== 'text-classification') return { inputTokens: QUESTION_TOKENS, outputTokens: 0 };
    const known = byDomain.get(domain);
    if (known) return known;
    const delta = deltas.findLast((each) => each.domain === domain);
    const { id, placement } = endpoint;
    const tokens = questionTokens({ kind: 'remote', id, placement, endpoint, delta });
    byDomain.set(domain, tokens);
    return tokens;
  };
}

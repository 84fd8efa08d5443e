import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  mustRedact,
  variantIdOf,
  variantNameOf,
  type Catalog,
  type RemoteTier,
  type Tier,
  type VariantStatistics,
} from '@terrace/core';
import { openRecoveringLedger } from '../../ledger/recovering-ledger.js';
import { environmentKeys } from '../../remote/environment-keys.js';
import { createUndiciFetch } from '../../remote/undici-fetch.js';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { systemClock } from '../../system-clock.js';
import { describePrice } from '../../tiers/describe-price.js';
import { endpointKey } from '../../tiers/endpoint-key.js';
import { goldenTier } from '../../tiers/golden-question.js';
import { probeTiers, type TierHealth } from '../../tiers/probe-tiers.js';
import { tierRungs } from '../../tiers/tier-rungs.js';
import { ms, print, printJson, table, warn } from '../output.js';
import type { GlobalFlags, Settings } from '../settings.js';
import { openCatalog } from './models-catalog.js';

/** A listing is waited for: what takes longer is of no use to a request either. */
const TIMEOUT_MS = 3000;

export interface TiersListFlags extends GlobalFlags {
  readonly domain?: string;
  /** Asks nobody. */
  readonly offline?: boolean;
  readonly timeout?: number;
}

/** `terrace tiers`: the rungs of the ladder, where they are and how they do. */
export async function listTiers(flags: TiersListFlags, signal: AbortSignal): Promise<number> {
  const { settings, folders } = await openCatalog(flags);
  const catalog = folders.current();
  const rungs = tierRungs(catalog, flags.domain);
  const [health, statistics] = await Promise.all([
    flags.offline ? new Map<string, TierHealth>() : probeAll(rungs, { catalog, settings, flags, signal }),
    readStatistics(settings),
  ]);
  const rows = rungs.map((tier) => rowOf(tier, { folders, health, statistics }));
  if (flags.json) printJson({ tiers: rows });
  else print(describe(rows));
  return 0;
}

async function probeAll(
  rungs: readonly Tier[],
  {
    catalog,
    settings: { redaction },
    flags,
    signal,
  }: { catalog: Catalog; settings: Settings; flags: TiersListFlags; signal: AbortSignal },
): Promise<Map<string, TierHealth>> {
  const remote = rungs.flatMap((tier) => (tier.kind === 'remote' ? (goldenTier(catalog, tier.endpoint) ?? []) : []));
  if (remote.length === 0) return new Map();
  const network = createUndiciFetch();
  try {
    return await probeTiers(remote, {
      fetch: network.fetch,
      keys: environmentKeys(),
      clock: systemClock,
      random: Math.random,
      redaction,
      timeoutMs: flags.timeout ?? TIMEOUT_MS,
      newId: () => `tiers-${randomUUID()}`,
      signal,
    });
  } finally {
    await network.close();
  }
}

async function readStatistics({ home }: Settings): Promise<readonly VariantStatistics[]> {
  const onWarning = ({ message }: Error): void => warn(message);
  const ledger = await openRecoveringLedger({ file: join(home, 'ledger.db'), clock: systemClock, onWarning });
  try {
    return await ledger.statistics();
  } finally {
    await ledger.close();
  }
}

type Row = ReturnType<typeof rowOf>;

function rowOf(
  tier: Tier,
  {
    folders,
    health,
    statistics,
  }: {
    folders: ModelFolders;
    health: ReadonlyMap<string, TierHealth>;
    statistics: readonly VariantStatistics[];
  },
) {
  const variantId = variantIdOf(tier);
  const measured = statistics.find((each) => each.variantId === variantId);
  const asked: TierHealth =
    tier.kind === 'local' ? onDisk(tier, folders) : (health.get(tier.id) ?? { health: 'unknown', breaker: undefined });
  return {
    id: tier.id,
    placement: tier.placement,
    variant: variantNameOf(tier),
    variantId,
    health: asked.health,
    why: asked.why ?? null,
    breaker: asked.breaker ?? null,
    runs: measured?.runs ?? 0,
    p50Ms: measured?.p50Ms ?? null,
    p95Ms: measured?.p95Ms ?? null,
    ...(tier.kind === 'local' ? LOCAL : ofEndpoint(tier)),
  };
}

const LOCAL = {
  url: null,
  model: null,
  tasks: null,
  domains: null,
  serves: null,
  measuredMs: null,
  price: null,
  dataResidency: null,
  redact: false,
  key: null,
};

function ofEndpoint({ endpoint }: RemoteTier) {
  const { url, model, tasks, domains, serves, measuredMs, price, dataResidency } = endpoint;
  return {
    url,
    model,
    tasks,
    /** Null: every domain of the catalog. */
    domains: (serves ? Object.keys(serves.deltas) : domains) ?? null,
    serves: serves?.model ?? null,
    measuredMs: measuredMs ?? null,
    price,
    dataResidency: dataResidency ?? null,
    redact: mustRedact(endpoint),
    key: endpointKey(endpoint),
  };
}

/** Weights that are fetched when they are first used may or may not come. */
function onDisk({ variant }: Extract<Tier, { kind: 'local' }>, folders: ModelFolders): TierHealth {
  const presence = folders.presence(variant.weights);
  const breaker = undefined;
  if (presence === 'here') return { health: 'up', breaker };
  return presence === 'fetchable'
    ? { health: 'unknown', why: 'its weights are fetched when it is first used', breaker }
    : { health: 'down', why: 'its weights are missing', breaker };
}

function describe(rows: readonly Row[]): string {
  const time = (value: number | null): string => (value === null ? '-' : ms(value));
  const cells = rows.map((row) => [
    row.id,
    row.placement,
    row.variant,
    row.health,
    row.breaker ?? '-',
    time(row.p50Ms),
    time(row.p95Ms),
    row.price ? describePrice(row.price) : 'free',
    row.dataResidency ?? '-',
    row.key ? `${row.key.variable} ${row.key.set ? 'is set' : 'is not set'}` : '-',
  ]);
  return [
    table([['tier', 'where', 'variant', 'health', 'breaker', 'p50', 'p95', 'price', 'data', 'key'], ...cells]),
    ...rows.flatMap(({ id, why }) => (why === null ? [] : [`${id}: ${why}`])),
  ].join('\n');
}

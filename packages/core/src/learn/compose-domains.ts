import type { Delta } from '../catalog/schema.js';
import type { Calibration } from '../catalog/calibration.js';
import type { Conflict, ConflictReport } from '../delta/compose/conflict-report.js';
import { prefixed } from '../delta/compose/compose-heads.js';
import { judgeConflicts } from '../delta/compose/judge-conflicts.js';
import { DeltaConflictError } from '../errors/delta-conflict-error.js';
import { seededRandom } from '../evaluate/seeded-random.js';
import { calibrateRungs } from './calibrate-rungs.js';
import { checkedDomains, composableRungs, type ComposedDomain } from './checked-composition.js';
import { composeRung, type ComposedRung } from './compose-rung.js';
import type { DeltasPorts } from './deltas-ports.js';
import type { ComposeAsk, Deltas } from './deltas.js';
import { fingerprintOf } from './fit-domain.js';
import type { Watch } from './fit-set.js';

/**
 * Makes one domain of several: for every base that all of them have a delta for, one that answers with the labels of
 * all. With rows of every domain it is calibrated on them.
 * @throws DeltaConflictError when a domain would lose too much, InvalidRequestError, InvalidDataError,
 *   UnknownDomainError, StorageError, the signal's reason
 */
export async function composeDomains(
  ask: ComposeAsk,
  ports: DeltasPorts,
  watch: Watch,
): Promise<Awaited<ReturnType<Deltas['compose']>>> {
  const { into } = ask;
  const { signal, onProgress } = watch;
  const catalog = ports.catalog.current();
  const domains = checkedDomains(ask, catalog);
  const composable = composableRungs(domains, await ports.workshop.rungs(signal), catalog);
  const composed: ComposedRung[] = [];
  for (const each of composable) composed.push(await composeRung({ into, domains, composable: each }, ports, watch));
  const clashes = clashesOf(composable[0]!.deltas);
  const isRefused = ({ overlaps, losses }: ComposedRung): boolean =>
    judgeConflicts({ overlaps, losses, clashes }).verdict === 'refused';
  const rungs = composed.filter((each) => !isRefused(each));
  const leftOut = composed.filter(isRefused).map(worstLoss);
  if (rungs.length === 0) throw refused(leftOut);
  const conflicts = reportOn(rungs, { clashes, leftOut });
  const calibration = await calibrated({ into, domains, rungs }, ports, signal);
  signal?.throwIfAborted();
  onProgress?.({ stage: 'keeping', rung: undefined, done: 0, total: 1 });
  const revision = await ports.revisions.keep({
    domain: into,
    origin: 'composed',
    deltas: rungs.map(({ packed }) => packed),
    // What was composed before has other labels.
    without: catalog.deltas.filter(({ domain }) => domain === into).map(({ base }) => base.id),
    calibration,
  });
  signal?.throwIfAborted();
  await ports.revisions.activate(into, revision.id);
  onProgress?.({ stage: 'keeping', rung: undefined, done: 1, total: 1 });
  return { conflicts, revision, promoted: true };
}

/** Of those with one name the one with the largest number: a domain is composed on several bases. */
function worstOf<T>(all: readonly T[], nameOf: (each: T) => string, sizeOf: (each: T) => number): readonly T[] {
  const worst = new Map<string, T>();
  for (const each of all) {
    const before = worst.get(nameOf(each));
    if (before === undefined || sizeOf(each) > sizeOf(before)) worst.set(nameOf(each), each);
  }
  return [...worst.values()];
}

/** Labels that more than one domain has. "None of these" is none. */
function clashesOf(deltas: readonly Delta[]): string[] {
  const seen = new Set<string>();
  const clashes = new Set<string>();
  for (const { labels, outOfScopeLabel } of deltas) {
    for (const label of labels) {
      if (label === outOfScopeLabel) continue;
      if (seen.has(label)) clashes.add(label);
      seen.add(label);
    }
  }
  return [...clashes].toSorted();
}

/** On the rows of all domains, which no head was fitted on; none where a domain has no rows. */
async function calibrated(
  {
    into,
    domains,
    rungs,
  }: {
    readonly into: string;
    readonly domains: readonly ComposedDomain[];
    readonly rungs: readonly ComposedRung[];
  },
  ports: DeltasPorts,
  signal: AbortSignal | undefined,
): Promise<Calibration | undefined> {
  const scored = rungs.flatMap((each) => each.scored ?? []);
  if (scored.length === 0) return undefined;
  const rows = domains.flatMap(({ domain, rows: own }) =>
    own.map((row) => ({ ...row, label: prefixed(domain, row.label) })),
  );
  return calibrateRungs(
    {
      domain: into,
      rungs: scored,
      truth: rows.map(({ label }) => label),
      outOfScopeLabel: rungs[0]!.packed.manifest.outOfScopeLabel,
      fingerprint: fingerprintOf(rows, ports.startHash),
      random: seededRandom(1),
      signal,
    },
    ports,
  );
}

type AccuracyLost = Extract<Conflict, { kind: 'accuracy-lost' }>;

/** What a base that is left out would cost the domain that loses most on it. */
function worstLoss({ packed, losses }: ComposedRung): AccuracyLost {
  const { domain, before, after, loss } = losses.toSorted((a, b) => b.loss.value - a.loss.value)[0]!;
  return { kind: 'accuracy-lost', domain, before, after, rows: loss.rows, leftOut: packed.manifest.base.id };
}

/** The worst that any of the bases shows, and those that are left out. */
function reportOn(
  rungs: readonly ComposedRung[],
  { clashes, leftOut }: { readonly clashes: readonly string[]; readonly leftOut: readonly AccuracyLost[] },
): ConflictReport {
  const losses = worstOf(
    rungs.flatMap((each) => each.losses),
    ({ domain }) => domain,
    ({ loss }) => loss.value,
  );
  const overlaps = worstOf(
    rungs.flatMap((each) => each.overlaps),
    (each) => each.domains.join(' '),
    ({ overlap }) => overlap,
  );
  const { verdict, conflicts } = judgeConflicts({ overlaps, clashes, losses });
  return leftOut.length === 0 ? { verdict, conflicts } : { verdict: 'warned', conflicts: [...conflicts, ...leftOut] };
}

/** @param lost on every base */
function refused(lost: readonly AccuracyLost[]): DeltaConflictError {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const told = lost.map(
    ({ domain, before, after, rows, leftOut }) =>
      `on ${leftOut} "${domain}" falls from ${percent(before)} to ${percent(after)} right (${rows} rows)`,
  );
  const { domain, before, after, rows } = lost.at(-1)!;
  return new DeltaConflictError({
    message: `Composed, ${told.join(', ')}: nothing was changed.`,
    hint: 'Give the deltas smaller weights, compose fewer of them, or fit one delta on the rows of all.',
    facts: { domain, before, after, rows },
  });
}

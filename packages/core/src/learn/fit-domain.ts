import type { CheckedData } from '../delta/gate/check-data.js';
import type { DataFinding, DataReport, LabelledText } from '../delta/gate/data-report.js';
import type { Pause } from '../delta/gate/pause.js';
import { tellFinding } from '../delta/gate/tell-finding.js';
import { InvalidDataError } from '../errors/invalid-data-error.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { StartHash } from '../ports/running-hash.js';
import { checkExamples } from './check-examples.js';
import type { DeltasPorts } from './deltas-ports.js';
import type { FitAsk, FitReport } from './deltas.js';
import { fitRung, type RungFit } from './fit-rung.js';
import { rememberFitted } from './fitted-texts.js';
import type { FitSet, Watch } from './fit-set.js';
import { judgeCandidate } from './judge-candidate.js';
import { labelErrorsOf } from './label-errors-of.js';
import { planFit } from './plan-fit.js';
import { splitRows } from './split-rows.js';
import { targetDomain } from './target-domain.js';

/**
 * Looks at the data, fits every rung, calibrates, compares with what is in force, keeps the revision, and puts it in
 * force where it is better. Whatever fails or is given up before leaves features in the cache and nothing else.
 * @throws InvalidDataError, InvalidRequestError, NoTierFitsError, StorageError, the signal's reason
 */
export async function fitDomain(ask: FitAsk, ports: DeltasPorts, watch: Watch): Promise<FitReport> {
  const { signal, onProgress } = watch;
  onProgress?.({ stage: 'checking', rung: undefined, done: 0, total: ask.examples.length });
  const catalog = ports.catalog.current();
  const domain = targetDomain(catalog, ask);
  requireWeights(ask);
  const { rows, evaluation, checked } = await checkExamples(ask, { clock: ports.clock, signal });
  if (ask.strict) requireNothingFound(checked.report.findings);
  const pause = async (): Promise<void> => {
    await ports.clock.sleep(0);
    signal?.throwIfAborted();
  };
  const set = await fitSet(ask, { domain, rows, evaluation, checked, startHash: ports.startHash, pause });
  const plan = planFit(catalog, {
    domain,
    base: ask.base,
    except: ask.except,
    rungs: await ports.workshop.rungs(signal),
    labels: new Set(rows.map(({ label }) => label)),
  });
  requireKnown(
    set,
    ask,
    plan.fitted.flatMap(({ labels }) => labels),
  );

  const fits: RungFit[] = [];
  for (const each of plan.fitted) fits.push(await fitRung(each, set, ports, watch));
  const errors = await labelErrorsOf(fits.at(-1)!, set, { heldOut: evaluation.length === 0, ports, signal });
  if (ask.strict) requireNothingFound(errors);
  const data: DataReport = { ...checked.report, findings: [...checked.report.findings, ...errors] };

  const candidate = await judgeCandidate({ plan, fits, set }, ports, watch);
  signal?.throwIfAborted();
  onProgress?.({ stage: 'keeping', rung: undefined, done: 0, total: 1 });
  const { decision, calibration, calibrated, unchanged } = candidate;
  const reported = { domain, data, rungs: fits.map(({ report }) => report), calibrated, decision };
  const inForce = unchanged ? await ports.revisions.current(domain) : undefined;
  if (inForce) return { ...reported, revision: inForce, promoted: false };
  const revision = await ports.revisions.keep({
    domain,
    origin: ask.origin ?? 'fitted',
    deltas: fits.map(({ packed }) => packed),
    calibration,
    decision,
  });
  await rememberFitted(
    fits.map(({ report }) => report.deltaId),
    set.rows.map(({ text }) => text),
    ports,
  );
  const promoted = decision.kind === 'promote' && ask.promote !== false;
  if (promoted) {
    // Whoever gave up while it was kept wants nothing else in force.
    signal?.throwIfAborted();
    await ports.revisions.activate(domain, revision.id);
  }
  onProgress?.({ stage: 'keeping', rung: undefined, done: 1, total: 1 });
  return { ...reported, revision, promoted };
}

async function fitSet(
  ask: FitAsk,
  {
    domain,
    rows,
    evaluation,
    checked,
    startHash,
    pause,
  }: {
    readonly domain: string;
    readonly rows: readonly LabelledText[];
    readonly evaluation: readonly LabelledText[];
    readonly checked: CheckedData;
    readonly startHash: StartHash;
    readonly pause: Pause;
  },
): Promise<FitSet> {
  const kept = checked.rows.map((row) => rows[row]!);
  const split = evaluation.length > 0 ? { fitted: [...kept.keys()], heldOut: [] } : await splitRows(kept, pause);
  const { weights } = ask;
  const fingerprint = fingerprintOf(rows, startHash);
  return {
    domain,
    rows: split.fitted.map((row) => kept[row]!),
    weights: weights && Float32Array.from(split.fitted, (row) => weights[checked.rows[row]!]!),
    heldOut:
      evaluation.length > 0
        ? checked.evaluation.map((row) => evaluation[row]!)
        : split.heldOut.map((row) => kept[row]!),
    isDrawn: evaluation.length === 0,
    traffic: ask.traffic,
    fingerprint,
    seed: Number.parseInt(fingerprint.slice(0, 8), 16),
    outOfScopeLabel: ask.outOfScopeLabel,
    subDomains: ask.subDomains,
    dtype: ask.dtype ?? 'fp16',
  };
}

/** sha256 over texts and labels in order. */
export function fingerprintOf(rows: readonly LabelledText[], startHash: StartHash): string {
  const hash = startHash();
  const encoder = new TextEncoder();
  for (const { text, label } of rows) hash.update(encoder.encode(`${JSON.stringify([text, label])}\n`));
  return hash.digest();
}

const TOLD = 5;

/** @throws InvalidDataError */
function requireNothingFound(findings: readonly DataFinding[]): void {
  if (findings.length === 0) return;
  const told = findings.slice(0, TOLD).map(tellFinding).join(' ');
  const more = findings.length > TOLD ? ` (and ${findings.length - TOLD} more)` : '';
  throw new InvalidDataError({
    message: `The data is not clean: ${told}${more}`,
    hint: 'Correct these rows, or fit without `strict`: then they are reported only.',
    facts: { findings: findings.length },
  });
}

/** @throws InvalidRequestError */
function requireWeights({ weights, examples }: FitAsk): void {
  if (!weights) return;
  if (weights.length === examples.length && weights.every((weight) => weight > 0 && weight <= 1)) return;
  throw new InvalidRequestError({
    message: `The weights are not ${examples.length} numbers above 0 and up to 1, one an example.`,
    hint: 'Give one weight an example, or none at all.',
  });
}

/** What is named beside the rows has to be in them, and has to be a name. @throws InvalidDataError */
function requireKnown(set: FitSet, { outOfScopeLabel, subDomains = {} }: FitAsk, labels: readonly string[]): void {
  const known = new Set(labels);
  const stray = set.heldOut.find(({ label }) => !known.has(label));
  if (stray) {
    throw new InvalidDataError({
      message: `Line ${stray.line} of the evaluation data has the label "${stray.label}", of which there are no examples.`,
      hint: 'Add examples of it, or leave the line out.',
      facts: { line: stray.line },
    });
  }
  // Files are read without keys of this name.
  if (Object.hasOwn(subDomains, '__proto__')) {
    throw new InvalidDataError({
      message: '"__proto__" cannot name a sub-domain.',
      hint: 'Give it another name.',
    });
  }
  const named = [...(outOfScopeLabel === undefined ? [] : [outOfScopeLabel]), ...Object.values(subDomains).flat()];
  const missing = named.find((label) => !known.has(label));
  if (missing === undefined) return;
  throw new InvalidDataError({
    message: `The label "${missing.slice(0, 80)}" is named, and there are no examples of it.`,
    hint: 'Sub-domains and the out-of-scope label name labels of the data.',
    facts: { label: missing },
  });
}

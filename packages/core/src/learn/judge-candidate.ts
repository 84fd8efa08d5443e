import type { Calibration } from '../catalog/calibration.js';
import { canonicalJson } from '../catalog/canonical-json.js';
import type { Delta } from '../catalog/schema.js';
import { comparePaired, type GradedRow } from '../delta/promote/compare-paired.js';
import { decide } from '../delta/promote/decide.js';
import type { PromotionDecision } from '../delta/promote/promotion.js';
import { seededRandom } from '../evaluate/seeded-random.js';
import { carryCalibration } from './carry-calibration.js';
import { catalogDelta } from './catalog-delta.js';
import { calibrateRungs, type CalibrationAsk, type RungToCalibrate } from './calibrate-rungs.js';
import type { DeltasPorts } from './deltas-ports.js';
import type { FitReport } from './deltas.js';
import type { RungFit } from './fit-rung.js';
import { drawnFrom, judgedRows, type FitSet, type Watch } from './fit-set.js';
import { gradeLadder, type ScoredRung } from './grade-ladder.js';
import { gradeUnseen } from './grade-unseen.js';
import { fittedOn } from './fitted-texts.js';
import { calibrationOf, scoreTexts, type EquippedRung } from './in-force.js';
import type { FitPlan, RungPlan } from './plan-fit.js';

export interface JudgedCandidate {
  readonly calibration: Calibration | undefined;
  readonly calibrated: FitReport['calibrated'];
  readonly decision: PromotionDecision;
  /** Whether what was fitted answers, byte for byte, as what is in force does. */
  readonly unchanged: boolean;
}

/**
 * Calibrates the ladder to be, and sets it beside the one in force: on rows that the fit has not seen, nor what is in
 * force.
 */
export async function judgeCandidate(
  { plan, fits, set }: { readonly plan: FitPlan; readonly fits: readonly RungFit[]; readonly set: FitSet },
  ports: DeltasPorts,
  { signal, onProgress }: Watch,
): Promise<JudgedCandidate> {
  const judged = judgedRows(set);
  const texts = judged.map(({ text }) => text);
  const truth = judged.map(({ label }) => label);
  const random = seededRandom(set.seed);
  const order = await rungOrder(ports, signal);
  const lightestFirst = <T extends ScoredRung>(rungs: readonly T[]): T[] =>
    rungs.toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id));

  onProgress?.({ stage: 'calibrating', rung: undefined, done: 0, total: 1 });
  const staying = await Promise.all(
    plan.staying.map(async (each) => equipped(each, await scoreTexts(each, texts, ports, { signal }))),
  );
  const fitted = fits.map(({ plan: { rung, labels }, logits, textMs, packed }) => ({
    id: rung.tier.id,
    labels,
    logits,
    textMs,
    variant: rung.tier.variant.weights.sha256,
    delta: packed.contentId,
  }));
  const candidate = lightestFirst([...staying, ...fitted]);
  const outOfScopeLabel = fits.at(-1)!.packed.manifest.outOfScopeLabel;
  // What stays, and what is built upon, may have been fitted on these rows before.
  const older = [...plan.staying.map(({ delta }) => delta), ...plan.fitted.flatMap(builtUponBy)];
  const asked: CalibrationAsk = {
    domain: set.domain,
    rungs: candidate,
    truth,
    seen: older.length > 0 ? await fittedOn(set.domain, older, texts, ports) : undefined,
    traffic: await askedTraffic(set, older, ports),
    outOfScopeLabel,
    fingerprint: set.fingerprint,
    random,
    signal,
    onLadder: (done, total) => onProgress?.({ stage: 'calibrating', rung: undefined, done, total }),
  };
  const measured = await calibrateRungs(asked, ports);

  onProgress?.({ stage: 'comparing', rung: undefined, done: 0, total: 1 });
  const inForce: EquippedRung[] = [
    ...plan.staying,
    ...plan.fitted.flatMap(({ rung, current }) => (current ? [{ rung, delta: current }] : [])),
  ];
  const known = new Map([...staying, ...fitted].map(({ id, textMs }) => [id, textMs]));
  const current: ScoredRung[] = [];
  for (const each of inForce) {
    const there = staying.find(({ id }) => id === each.rung.tier.id);
    current.push(there ?? (await scoreTexts(each, texts, ports, { textMs: known.get(each.rung.tier.id), signal })));
  }
  const ofCurrent = calibrationOf(await currentCalibration(set.domain, inForce, ports), inForce);
  const isCarried = plan.fitted.every((each) => each.extended || (plan.staying.length > 0 && keepsLabels(each)));
  const calibration = measured ?? (ofCurrent && isCarried ? carryCalibration(ofCurrent, candidate) : undefined);
  const turns = { clock: ports.clock, signal };
  const before = current.length > 0 ? await gradeLadder(lightestFirst(current), truth, ofCurrent, turns) : undefined;
  const after = await gradeLadder(candidate, truth, calibration, turns);
  const deltas = inForce.map(({ delta }) => delta);
  const seen = before && (await fittedOn(set.domain, deltas, texts, ports));
  const unseen = <T>(rows: readonly T[]): T[] => rows.filter((_, row) => !seen?.[row]);
  const decideOn = (graded: readonly GradedRow[]): PromotionDecision =>
    decide(
      comparePaired({
        candidate: unseen(graded),
        current: before && unseen(before),
        subDomains: unseen(subDomainsOf(truth, fits.at(-1)!.packed.manifest.subdomains)),
        random,
      }),
      { guess: before ? undefined : largestShare(truth) },
    );
  let decision = decideOn(after);
  if (before && measured && isClose(decision)) {
    const right = await gradeUnseen(asked, ports);
    if (right) decision = decideOn(after.map((each, row) => ({ ...each, right: right[row]! })));
  }
  const { comparison } = decision;
  const isCalibratedAnew = measured !== undefined && ofCurrent === undefined;
  const unchanged = !isCalibratedAnew && fits.every((fit) => isInForce(fit, ports));
  return {
    calibration,
    calibrated: measured && {
      rows: measured.data.rows,
      basis: set.heldOut.length > 0 ? 'held-out' : 'cross-validated',
      ...(measured.data.traffic && { traffic: measured.data.traffic }),
    },
    decision: unchanged && comparison.accuracy.rows > 0 ? { kind: 'keep', reason: 'not-better', comparison } : decision,
    unchanged,
  };
}

/** Rows that one of the rungs was fitted on certify nothing: none of those that do was drawn from them. */
async function askedTraffic(
  set: FitSet,
  older: readonly Delta[],
  ports: DeltasPorts,
): Promise<CalibrationAsk['traffic']> {
  const { domain, traffic: asked } = set;
  if (!asked) return undefined;
  const rows = drawnFrom(set);
  const texts = rows.map(({ text }) => text);
  const seen = older.length > 0 ? await fittedOn(domain, older, texts, ports) : [];
  return { asked, drawnFrom: rows.filter((_, row) => !seen[row]).map(({ label }) => label) };
}

const equipped = ({ rung, delta }: EquippedRung, scored: ScoredRung): RungToCalibrate => ({
  ...scored,
  variant: rung.tier.variant.weights.sha256,
  delta: delta.contentId,
});

/** Twice what a calibration flatters a ladder by on the rows that it was made of. */
const FLATTERY = 0.02;

const isClose = ({ kind, comparison }: PromotionDecision): boolean =>
  kind === 'promote' && comparison.accuracy.interval[0] < FLATTERY;

const builtUponBy = ({ extended, current }: RungPlan): Delta[] => (extended && current ? [current] : []);

const keepsLabels = ({ current, labels }: RungPlan): boolean =>
  current !== undefined && JSON.stringify(current.labels.toSorted()) === JSON.stringify(labels.toSorted());

const rungOrder = async ({ workshop }: DeltasPorts, signal: AbortSignal | undefined): Promise<string[]> =>
  (await workshop.rungs(signal)).map(({ tier }) => tier.id);

/** Of the domain as the catalog in force has it. */
async function currentCalibration(
  domain: string,
  inForce: readonly EquippedRung[],
  { catalog }: DeltasPorts,
): Promise<Calibration | undefined> {
  return inForce.length === 0 ? undefined : catalog.calibration(domain);
}

/** The sub-domain of each row's label; the first one where it is in several. */
function subDomainsOf(
  truth: readonly string[],
  subDomains: Readonly<Record<string, readonly string[]>>,
): (string | undefined)[] {
  const names = new Map(
    Object.entries(subDomains)
      .toReversed()
      .flatMap(([name, labels]) => labels.map((label) => [label, name] as const)),
  );
  return truth.map((label) => names.get(label));
}

function largestShare(truth: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const label of truth) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / truth.length;
}

function isInForce({ packed, plan: { current } }: RungFit, { startHash }: DeltasPorts): boolean {
  if (!current) return false;
  const made = catalogDelta(packed, { pathOf: (name) => name, startHash });
  const whatItSays = ({ head, adapter, labels, outOfScopeLabel, subDomains }: Delta): string =>
    canonicalJson({ files: [head.sha256, adapter?.sha256 ?? null], labels, outOfScopeLabel, subDomains });
  return whatItSays(made) === whatItSays(current);
}

import type { DeltaFacts } from '../catalog/delta-facts.js';
import type { FittedHead } from '../delta/fit/fitter.js';
import type { Matrix } from '../ports/mat-mul.js';
import type { EngineSession } from '../ports/model-engine.js';
import type { PackedDelta } from '../ports/revision-store.js';
import type { DeltasPorts } from './deltas-ports.js';
import type { FitStage, FittedRung } from './deltas.js';
import { embedTexts, timeTexts, type Attached, type Embedded } from './embed-texts.js';
import { judgedRows, type FitSet, type Watch } from './fit-set.js';
import { keptFactors, tryFactors } from './fit-factors.js';
import { labelRequest, labelWords } from './label-words.js';
import { measureAnswers } from './measured-share.js';
import { encodeHead, packDelta, type PackedFactors } from './pack-delta.js';
import type { RungPlan } from './plan-fit.js';
import { parseHead, readHead } from './read-head.js';
import { answersOf, scoreFeatures } from './score-features.js';
import { deltaIdOf } from './target-domain.js';

export interface RungFit {
  readonly plan: RungPlan;
  readonly packed: PackedDelta;
  readonly report: FittedRung;
  /** Of the judged rows, [rows, labels]. */
  readonly logits: Matrix;
  readonly features: { readonly rows: Matrix; readonly heldOut: Matrix };
  /** What one text takes on this rung, in milliseconds. */
  readonly textMs: number;
}

/** From this many computed texts on, their time is that of a text. */
const ENOUGH_TIMES = 64;

/** Fits a delta for one rung: features, head, and factors where they pay. */
export async function fitRung(
  plan: RungPlan,
  set: FitSet,
  ports: DeltasPorts,
  { signal, onProgress }: Watch,
): Promise<RungFit> {
  const { rung, current, labels } = plan;
  const { model } = rung.tier;
  const tell = (stage: FitStage, done: number, total: number): void =>
    onProgress?.({ stage, rung: rung.tier.id, done, total });
  const texts = { rows: set.rows.map(({ text }) => text), heldOut: set.heldOut.map(({ text }) => text) };
  const embed = async (attached: Attached): Promise<{ rows: Embedded; heldOut: Embedded; names: Embedded }> => {
    const total = texts.rows.length + texts.heldOut.length;
    const part = (of: readonly string[], before: number): Promise<Embedded> =>
      embedTexts({ texts: of, rung, attached }, ports, {
        signal,
        onText: (done) => tell('embedding', before + done, total),
      });
    const rows = await part(texts.rows, 0);
    const heldOut = await part(texts.heldOut, texts.rows.length);
    return {
      rows,
      heldOut,
      names: await embedTexts({ texts: labels.map(plan.extended ? labelRequest : labelWords), rung, attached }, ports, {
        signal,
      }),
    };
  };
  const index = new Map(labels.map((label, i) => [label, i]));
  const truth = Int32Array.from(set.rows, ({ label }) => index.get(label)!);
  const currentHead = plan.extended && current ? await readHead(current, ports) : undefined;
  const fit = ({ rows, names }: { rows: Embedded; names: Embedded }): Promise<FittedHead> =>
    ports.fitter.fitHead(
      {
        labels,
        truth,
        weights: set.weights,
        seed: set.seed,
        features: rows.features,
        labelFeatures: names.features,
        current: currentHead,
        crossValidate: set.heldOut.length === 0,
      },
      { signal, onProgress: ({ done, total }) => tell('fitting', done, total) },
    );

  let factors: PackedFactors | undefined = plan.extended && current ? await keptFactors(current, ports) : undefined;
  let attached: Attached = factors && current ? { kind: 'kept', delta: current } : { kind: 'none' };
  const startMs = ports.clock.nowMs();
  let embedded = await embed(attached);
  const embedMs = ports.clock.nowMs() - startMs;
  const textMs =
    embedded.rows.computed >= ENOUGH_TIMES
      ? embedded.rows.textMs
      : await timeTexts({ texts: texts.rows, rung, attached }, ports, signal);
  const fitFromMs = ports.clock.nowMs();
  let head = await fit(embedded);
  const tried = plan.extended
    ? undefined
    : await tryFactors({ plan, set, truth, frozen: head.head, textMs }, ports, {
        signal,
        onProgress,
      });
  if (tried) {
    ({ factors } = tried);
    const sessions = new Set<EngineSession>();
    attached = { kind: 'draft', delta: tried.draft, sessions };
    try {
      embedded = await embed(attached);
    } finally {
      for (const session of sessions) void session.detach(tried.draft.deltaId).catch(() => undefined);
    }
    head = await fit(embedded);
  }
  const fitMs = ports.clock.nowMs() - fitFromMs;

  const id = deltaIdOf(set.domain, model.id);
  const file = encodeHead(head.head, set.dtype);
  // Judged as it is stored: halves and bytes are not what was fitted.
  const stored = parseHead(file, { id, labels });
  const logits = head.outOfFold ?? (await scoreFeatures(embedded.heldOut.features, stored, ports.clock));
  const outOfScopeLabel = set.outOfScopeLabel ?? labels.find((label) => label === current?.outOfScopeLabel) ?? null;
  // One rung may know labels that another does not, where only one of them was extended.
  const subDomains = knownSubDomains(set.subDomains ?? current?.subDomains ?? {}, labels);
  const metrics = measureAnswers({
    answers: answersOf(logits, labels),
    truth: judgedRows(set).map(({ label }) => label),
    subDomains,
    basis: set.heldOut.length > 0 ? 'held-out' : 'cross-validated',
  });
  const facts: DeltaFacts = {
    method: head.method,
    data: { fingerprint: set.fingerprint, rows: set.rows.length },
    metrics,
    parents: current ? [current.contentId] : [],
    madeWith: ports.release,
  };
  const packed = packDelta({
    id,
    domain: set.domain,
    model,
    labels,
    outOfScopeLabel,
    subDomains,
    head: file,
    factors,
    facts,
    startHash: ports.startHash,
  });
  const bytes = [...packed.files.values()].reduce((sum, { length }) => sum + length, 0);
  return {
    plan,
    packed,
    logits,
    features: { rows: embedded.rows.features, heldOut: embedded.heldOut.features },
    textMs,
    report: {
      rung: rung.tier.id,
      deltaId: packed.contentId,
      bytes,
      shareOfBase: bytes / Math.min(...model.variants.map(({ weights }) => weights.bytes)),
      method: head.method,
      rank: factors?.rank ?? 0,
      accuracy: metrics.accuracy,
      embedMs,
      fitMs,
    },
  };
}

/** Sub-domains of before, as far as there are labels for them. */
const knownSubDomains = (
  subDomains: Readonly<Record<string, readonly string[]>>,
  labels: readonly string[],
): Record<string, readonly string[]> =>
  Object.fromEntries(
    Object.entries(subDomains)
      .map(([name, under]) => [name, under.filter((label) => labels.includes(label))] as const)
      .filter(([, under]) => under.length > 0),
  );

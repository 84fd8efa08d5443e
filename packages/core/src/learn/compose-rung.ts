import { composeFactors, type FactorPart } from '../delta/compose/compose-factors.js';
import { composeHeads, prefixed } from '../delta/compose/compose-heads.js';
import type { Conflict } from '../delta/compose/conflict-report.js';
import type { DomainLoss } from '../delta/compose/judge-conflicts.js';
import { subspaceOverlap } from '../delta/compose/subspace-overlap.js';
import { comparePaired } from '../delta/promote/compare-paired.js';
import { readSafetensors } from '../delta/safetensors.js';
import { seededRandom } from '../evaluate/seeded-random.js';
import type { Delta } from '../catalog/schema.js';
import type { EngineSession } from '../ports/model-engine.js';
import type { PackedDelta } from '../ports/revision-store.js';
import type { RungToCalibrate } from './calibrate-rungs.js';
import type { ComposableRung, ComposedDomain } from './checked-composition.js';
import type { DeltasPorts } from './deltas-ports.js';
import { embedTexts, timeTexts, type Attached } from './embed-texts.js';
import type { Watch } from './fit-set.js';
import { scoreTexts } from './in-force.js';
import { labelWords } from './label-words.js';
import { measureAnswers } from './measured-share.js';
import { encodeFactors, encodeHead, packDelta, type PackedFactors } from './pack-delta.js';
import { parseHead, readHead } from './read-head.js';
import { answersOf, scoreFeatures } from './score-features.js';
import { deltaIdOf } from './target-domain.js';

/** Half the bytes of 32 bits, and PEFT reads it. */
const DTYPE = 'fp16';

export interface ComposedRung {
  readonly packed: PackedDelta;
  readonly overlaps: readonly Extract<Conflict, { kind: 'subspace-overlap' }>[];
  readonly losses: readonly DomainLoss[];
  /** On the rows of all domains, one after the other; undefined where one of them has none. */
  readonly scored: RungToCalibrate | undefined;
}

interface Job {
  readonly into: string;
  readonly domains: readonly ComposedDomain[];
  readonly composable: ComposableRung;
}

/** Composes the deltas of one base, and measures what each domain loses by it. @throws DeltaConflictError */
export async function composeRung(
  { into, domains, composable: { rung, deltas } }: Job,
  ports: DeltasPorts,
  watch: Watch,
): Promise<ComposedRung> {
  const { signal } = watch;
  const { model } = rung.tier;
  const parts = await Promise.all(deltas.map((delta, i) => factorsOf(delta, domains[i]!.weight, ports)));
  const composed = composeFactors(parts);
  const factors = composed && encodeFactors(composed, { dtype: DTYPE, model });
  const sessions = new Set<EngineSession>();
  const attached: Attached = factors ? await draftOf(factors, { sessions, features: model.features, ports }) : NONE;
  try {
    const heads = await Promise.all(deltas.map((delta) => readHead(delta, ports)));
    const named = [];
    for (const [i, head] of heads.entries()) {
      const texts = head.labels.map(labelWords);
      const { features: labelFeatures } = await embedTexts({ texts, rung, attached }, ports, { signal });
      const { outOfScopeLabel, subDomains } = deltas[i]!;
      named.push({ domain: domains[i]!.domain, head, outOfScopeLabel, subDomains, labelFeatures });
    }
    const { head, subDomains } = composeHeads(named);
    const file = encodeHead(head, DTYPE);
    const id = deltaIdOf(into, model.id);
    const stored = parseHead(file, { id, labels: head.labels });
    const logitsOf = async (texts: readonly string[], from: number, total: number) => {
      const onText = (done: number): void =>
        watch.onProgress?.({ stage: 'comparing', rung: rung.tier.id, done: from + done, total });
      const { features } = await embedTexts({ texts, rung, attached }, ports, { signal, onText });
      return scoreFeatures(features, stored, ports.clock);
    };

    const losses: DomainLoss[] = [];
    const total = domains.reduce((sum, { rows }) => sum + rows.length, 0);
    const logits: Float32Array[] = [];
    const answers: string[] = [];
    const truth: string[] = [];
    for (const [i, { domain, rows }] of domains.entries()) {
      if (rows.length === 0) continue;
      const texts = rows.map(({ text }) => text);
      const alone = await scoreTexts({ rung, delta: deltas[i]! }, texts, ports, { textMs: 0, signal });
      const before = answersOf(alone.logits, alone.labels).map((answer, row) => answer === rows[row]!.label);
      const after = await logitsOf(texts, truth.length, total);
      const said = answersOf(after, head.labels);
      const right = said.map((answer, row) => answer === prefixed(domain, rows[row]!.label));
      losses.push(lossOf(domain, before, right));
      logits.push(after.data);
      answers.push(...said);
      truth.push(...rows.map(({ label }) => prefixed(domain, label)));
    }
    const isJudged = domains.every(({ rows }) => rows.length > 0);
    const packed = packDelta({
      id,
      domain: into,
      model,
      labels: head.labels,
      outOfScopeLabel: soleOutOfScope(named),
      subDomains,
      head: file,
      factors,
      facts: {
        method: 'composed',
        ...(isJudged && { metrics: measureAnswers({ answers, truth, subDomains, basis: 'held-out' }) }),
        parents: deltas.map(({ contentId }) => contentId),
        madeWith: ports.release,
        composedOf: domains.map(({ domain }) => domain),
      },
      startHash: ports.startHash,
    });
    if (!isJudged) return { packed, overlaps: overlapsOf(domains, parts), losses, scored: undefined };
    const texts = domains.flatMap(({ rows }) => rows.map(({ text }) => text));
    const scored = {
      id: rung.tier.id,
      labels: head.labels,
      logits: { rows: truth.length, columns: head.labels.length, data: joined(logits) },
      textMs: await timeTexts({ texts, rung, attached }, ports, signal),
      variant: rung.tier.variant.weights.sha256,
      delta: packed.contentId,
    };
    return { packed, overlaps: overlapsOf(domains, parts), losses, scored };
  } finally {
    if (attached.kind === 'draft')
      for (const session of sessions) void session.detach(attached.delta.deltaId).catch(() => undefined);
  }
}

const NONE: Attached = { kind: 'none' };

async function factorsOf(
  { adapter, scale = 1 }: Delta,
  weight: number,
  { store, readFile }: Pick<DeltasPorts, 'store' | 'readFile'>,
): Promise<FactorPart> {
  const factors = adapter && readSafetensors(await readFile(await store.locate(adapter)));
  return { factors, scale, weight };
}

/** Factors under a head that nobody reads, as an engine of this host can attach them. */
async function draftOf(
  { rank, files }: PackedFactors,
  { sessions, features, ports }: { sessions: Set<EngineSession>; features: number; ports: DeltasPorts },
): Promise<Attached> {
  const head = { labels: ['-'], weight: new Float32Array(features), bias: new Float32Array(1) };
  const [adapterFile, headFile] = await Promise.all([
    ports.revisions.scratch(files.get('adapter_model.safetensors')!),
    ports.revisions.scratch(encodeHead(head, DTYPE)),
  ]);
  const delta = { deltaId: adapterFile.sha256, rank, labelCount: 1, head: headFile, adapter: adapterFile };
  return { kind: 'draft', delta, sessions };
}

function lossOf(domain: string, before: readonly boolean[], after: readonly boolean[]): DomainLoss {
  const graded = (rows: readonly boolean[]) => rows.map((right) => ({ right, cost: 1 }));
  const { accuracy } = comparePaired({ candidate: graded(before), current: graded(after), random: seededRandom(1) });
  const share = (rows: readonly boolean[]): number => rows.filter(Boolean).length / rows.length;
  return { domain, before: share(before), after: share(after), loss: accuracy };
}

function overlapsOf(domains: readonly ComposedDomain[], parts: readonly FactorPart[]): ComposedRung['overlaps'] {
  return domains.flatMap(({ domain }, i) =>
    domains.slice(i + 1).map((other, j) => ({
      kind: 'subspace-overlap' as const,
      domains: [domain, other.domain] as const,
      overlap: subspaceOverlap(parts[i]!, parts[i + 1 + j]!),
    })),
  );
}

/** "None of these" of one domain is that of all, as the labels of the others stand beside it; of several, no one's is. */
function soleOutOfScope(
  named: readonly { readonly domain: string; readonly outOfScopeLabel: string | null }[],
): string | null {
  const own = named.flatMap(({ domain, outOfScopeLabel }) =>
    outOfScopeLabel === null ? [] : [prefixed(domain, outOfScopeLabel)],
  );
  return own.length === 1 ? own[0]! : null;
}

function joined(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

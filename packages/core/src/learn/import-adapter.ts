import type { Example } from '../calibrate/score-rows.js';
import { contentId } from '../catalog/content-id.js';
import type { DeltaFacts } from '../catalog/delta-facts.js';
import type { Catalog, Model } from '../catalog/schema.js';
import { importPeft } from '../delta/peft/import-peft.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { EngineSession } from '../ports/model-engine.js';
import type { Revision } from '../ports/revision-store.js';
import { checkedExamples } from './checked-examples.js';
import type { DeltasPorts } from './deltas-ports.js';
import { embedTexts } from './embed-texts.js';
import { fingerprintOf } from './fit-domain.js';
import type { Watch } from './fit-set.js';
import { rememberFitted } from './fitted-texts.js';
import { labelWords } from './label-words.js';
import { measureAnswers } from './measured-share.js';
import { encodeHead, packDelta, type PackedFactors } from './pack-delta.js';
import { parseHead } from './read-head.js';
import { answersOf } from './score-features.js';
import { deltaIdOf, targetDomain } from './target-domain.js';

/** What the features of an adapted base are turned into labels by. */
export type ImportedHead =
  /** `head.safetensors`, and the labels of its rows. */
  | { readonly kind: 'given'; readonly file: Uint8Array<ArrayBuffer>; readonly labels: readonly string[] }
  | { readonly kind: 'fitted'; readonly examples: readonly Example[] };

export interface ImportAsk {
  readonly domain: string;
  /** The model that the adapter was trained on. */
  readonly base: string;
  /** `adapter_config.json` and `adapter_model.safetensors`, as PEFT wrote them: they are kept as they are. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly head: ImportedHead;
  readonly outOfScopeLabel?: string | null | undefined;
  readonly subDomains?: Readonly<Record<string, readonly string[]>> | undefined;
}

interface MadeHead {
  readonly file: Uint8Array<ArrayBuffer>;
  readonly labels: readonly string[];
  readonly facts: DeltaFacts;
}

/**
 * Makes a delta of an adapter that PEFT trained, and puts it in force.
 * @throws DeltaMismatchError, ArtifactCorruptError, InvalidDataError, InvalidRequestError, StorageError, the signal's reason
 */
export async function importAdapter(ask: ImportAsk, ports: DeltasPorts, watch: Watch = {}): Promise<Revision> {
  const catalog = ports.catalog.current();
  const domain = targetDomain(catalog, ask);
  const model = baseOf(catalog, ask.base);
  const adapter = ask.files.get('adapter_model.safetensors')!;
  const config: unknown = JSON.parse(new TextDecoder().decode(ask.files.get('adapter_config.json')));
  const { rank, scale } = importPeft({ config, adapter, shape: model });
  const factors: PackedFactors = { rank, files: ask.files, ...(scale !== 1 && { scale }) };
  const head =
    ask.head.kind === 'given' ? given(ask.head, ports) : await fitted(ask.head, { model, factors }, ports, watch);
  const packed = packDelta({
    id: deltaIdOf(domain, model.id),
    domain,
    model,
    labels: head.labels,
    outOfScopeLabel: ask.outOfScopeLabel ?? null,
    subDomains: ask.subDomains ?? {},
    head: head.file,
    factors,
    facts: head.facts,
    startHash: ports.startHash,
  });
  watch.signal?.throwIfAborted();
  const calibration = await standingCalibration(domain, model.id, ports);
  const revision = await ports.revisions.keep({ domain, origin: 'imported', deltas: [packed], calibration });
  if (ask.head.kind === 'fitted')
    await rememberFitted(
      [packed.contentId],
      ask.head.examples.map(({ text }) => text),
      ports,
    );
  watch.signal?.throwIfAborted();
  await ports.revisions.activate(domain, revision.id);
  return revision;
}

const given = ({ file, labels }: Extract<ImportedHead, { kind: 'given' }>, { release }: DeltasPorts): MadeHead => {
  parseHead(file, { id: 'the adapter', labels });
  return { file, labels, facts: { method: 'imported', parents: [], madeWith: release } };
};

/** A head over what the base makes of the texts with the factors attached, as it will answer. */
async function fitted(
  { examples }: Extract<ImportedHead, { kind: 'fitted' }>,
  { model, factors }: { model: Model; factors: PackedFactors },
  ports: DeltasPorts,
  { signal, onProgress }: Watch,
): Promise<MadeHead> {
  const rows = checkedExamples(examples);
  const labels = [...new Set(rows.map(({ label }) => label))].toSorted();
  const rung = (await ports.workshop.rungs(signal)).find(({ tier }) => tier.model.id === model.id);
  if (!rung)
    throw unusable(model.id, 'it cannot run on this device', 'Give the adapter a head that was fitted elsewhere.');
  const zeros = {
    labels,
    weight: new Float32Array(labels.length * model.features),
    bias: new Float32Array(labels.length),
  };
  const [adapter, head] = await Promise.all([
    ports.revisions.scratch(factors.files.get('adapter_model.safetensors')!),
    ports.revisions.scratch(encodeHead(zeros, 'fp16')),
  ]);
  const { rank, scale = 1 } = factors;
  // The same factors at another scale make other features, which must not be taken for these.
  const deltaId = contentId([adapter.sha256, scale], ports.startHash);
  const delta = { deltaId, rank, scale, labelCount: labels.length, head, adapter };
  const sessions = new Set<EngineSession>();
  const attached = { kind: 'draft', delta, sessions } as const;
  const embed = (texts: readonly string[], onText?: (done: number) => void) =>
    embedTexts({ texts, rung, attached }, ports, { signal, onText });
  const tell = (stage: 'embedding' | 'fitting') => (done: number, total: number) =>
    onProgress?.({ stage, rung: model.id, done, total });
  try {
    const { features } = await embed(
      rows.map(({ text }) => text),
      (done) => tell('embedding')(done, rows.length),
    );
    const { features: labelFeatures } = await embed(labels.map(labelWords));
    const fingerprint = fingerprintOf(rows, ports.startHash);
    const fit = await ports.fitter.fitHead(
      {
        labels,
        truth: Int32Array.from(rows, ({ label }) => labels.indexOf(label)),
        seed: Number.parseInt(fingerprint.slice(0, 8), 16),
        features,
        labelFeatures,
        crossValidate: true,
      },
      { signal, onProgress: ({ done, total }) => tell('fitting')(done, total) },
    );
    const metrics = measureAnswers({
      answers: answersOf(fit.outOfFold!, labels),
      truth: rows.map(({ label }) => label),
      subDomains: {},
      basis: 'cross-validated',
    });
    const data = { fingerprint, rows: rows.length };
    const facts: DeltaFacts = { method: fit.method, data, metrics, parents: [], madeWith: ports.release };
    return { file: encodeHead(fit.head, 'fp16'), labels, facts };
  } finally {
    for (const session of sessions) void session.detach(delta.deltaId).catch(() => undefined);
  }
}

/** Of the domain, where it says nothing of the base whose delta changes. */
async function standingCalibration(domain: string, base: string, { revisions }: DeltasPorts) {
  const current = await revisions.current(domain);
  const calibration = current && (await revisions.calibration(current));
  return calibration && !Object.hasOwn(calibration.tiers, base) ? calibration : undefined;
}

function baseOf({ models }: Catalog, id: string): Model {
  const model = models.find((each) => each.id === id);
  if (model?.interface === 'terrace' && model.layers > 0) return model;
  const bases = models.filter((each) => each.interface === 'terrace' && each.layers > 0).map((each) => each.id);
  throw unusable(
    id,
    'it takes no factors, or is not there',
    `Name one of these: ${bases.join(', ') || 'none is there'}.`,
  );
}

const unusable = (base: string, why: string, hint: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `An adapter cannot be imported for "${base.slice(0, 128)}": ${why}.`,
    hint,
    facts: { base: base.slice(0, 128) },
  });

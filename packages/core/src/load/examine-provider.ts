import type { Golden } from '../catalog/golden.js';
import type { TaskId } from '../catalog/fields.js';
import type { LocalTier } from '../catalog/tier.js';
import { quantile } from '../evaluate/summary.js';
import type { EngineDelta, EngineOutput, EngineSession } from '../ports/model-engine.js';
import type { ReferenceProvider, SelfTestBasis, SelfTestVerdict } from '../ports/self-test-records.js';
import type { Comparison } from '../tasks/comparison.js';
import { checkOf } from '../tasks/output-check.js';
import { SELF_TEST_TEXTS } from './self-test-texts.js';

/** [CLS] and [SEP], which every vocabulary knows. */
const SPECIAL_TOKENS = 2;

export interface Examination {
  readonly session: EngineSession;
  readonly tier: LocalTier;
  readonly golden: Golden | undefined;
  /** The same variant on the reference provider; none where the session itself is that, or where it is not needed. */
  readonly reference: { readonly provider: ReferenceProvider; readonly session: EngineSession } | undefined;
  /** The delta of the tier, where a reference can tell whether it is read rightly. */
  readonly delta: EngineDelta | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface Examined {
  readonly verdict: SelfTestVerdict;
  /** Median of the single runs, tokenization included. */
  readonly runMs: number;
}

/**
 * Asks single questions, one after the other, and compares the answers with the golden data, or else with those of
 * the reference provider. Where there is neither, only their form is looked at.
 */
export async function examineProvider(examination: Examination): Promise<Examined> {
  const { verdict: plain, runMs } = await examinePlain(examination);
  const { reference, delta } = examination;
  if (plain.kind === 'failed' || !reference || !delta) return { verdict: plain, runMs };
  const adapted = await examineDelta(examination, reference, delta);
  const numbers = { ...plain.numbers, ...adapted.numbers };
  return { verdict: { ...adapted, basis: plain.basis, numbers }, runMs };
}

async function examinePlain(examination: Examination): Promise<Examined> {
  const { session, tier, golden, reference, signal } = examination;
  const { model, variant } = tier;
  const embeddings = golden && Object.hasOwn(golden.embeddings, model.id) ? golden.embeddings[model.id] : undefined;
  if (golden && embeddings) {
    const outputs = await answers(session, golden.texts, { task: 'feature-extraction', signal });
    const otherTokens = outputs.findIndex(({ tokens }, i) => tokens !== golden.tokenIds[i]?.length);
    const expected = embeddings.map((values) => Float32Array.from(values));
    const comparison =
      otherTokens === -1
        ? checkOf('feature-extraction').goldenCompare(values(outputs), expected, variant.dtype)
        : { fault: wrongTokens(outputs[otherTokens]!, golden.tokenIds[otherTokens]!), numbers: {} };
    return { verdict: verdict('golden', comparison), runMs: medianMs(outputs) };
  }
  // Text models have a self-test of their own, and never come here.
  const task = model.task as TaskId;
  const outputs = await answers(session, SELF_TEST_TEXTS, { task, signal });
  const runMs = medianMs(outputs);
  if (reference) {
    const expected = await answers(reference.session, SELF_TEST_TEXTS, { task, signal });
    const comparison = checkOf(task).goldenCompare(values(outputs), values(expected), variant.dtype);
    return { verdict: verdict(reference.provider, comparison), runMs };
  }
  const labels = task === 'text-classification' ? model.labels?.length : undefined;
  return { verdict: verdict('form', { fault: formFault(outputs, task, labels), numbers: {} }), runMs };
}

/** Deltas and heads take other paths through a graph than the plain base. */
async function examineDelta(
  { session, tier, golden, signal }: Examination,
  reference: NonNullable<Examination['reference']>,
  delta: EngineDelta,
): Promise<SelfTestVerdict> {
  const texts = golden?.texts ?? SELF_TEST_TEXTS;
  const ask = { task: 'text-classification', deltaId: delta.deltaId, signal } as const;
  await Promise.all([session.attach(delta), reference.session.attach(delta)]);
  const [is, should] = [await answers(session, texts, ask), await answers(reference.session, texts, ask)];
  return verdict(reference.provider, checkOf(ask.task).goldenCompare(values(is), values(should), tier.variant.dtype));
}

/** What is wrong with answers that nobody knows: they are no numbers, or the same whatever was asked. */
function formFault(outputs: readonly EngineOutput[], task: TaskId, labels: number | undefined): string | undefined {
  for (const output of outputs) {
    const fault = checkOf(task).faultOf(output.values);
    if (fault !== undefined) return fault;
    if (labels !== undefined && output.values.length !== labels) {
      return `it gives ${output.values.length} scores for ${labels} labels`;
    }
  }
  // A text of unknown words looks like any other to a small vocabulary.
  const known = outputs.filter(({ tokens, unknownTokens }) => tokens - unknownTokens > SPECIAL_TOKENS);
  const [first, ...others] = values(known);
  const alike = first && others.length > 0 && others.every((each) => each.every((value, i) => value === first[i]));
  return alike ? 'it gives one answer to every text' : undefined;
}

async function answers(
  session: EngineSession,
  texts: readonly string[],
  { task, deltaId, signal }: { task: TaskId; deltaId?: string; signal: AbortSignal | undefined },
): Promise<EngineOutput[]> {
  const outputs: EngineOutput[] = [];
  for (const text of texts) outputs.push(await session.run({ task, text, deltaId }, signal && { signal }));
  return outputs;
}

const medianMs = (outputs: readonly EngineOutput[]): number =>
  quantile(
    outputs.map(({ runMs }) => runMs),
    0.5,
  );

const values = (outputs: readonly EngineOutput[]): Float32Array[] => outputs.map((output) => output.values);

const wrongTokens = ({ tokens }: EngineOutput, expected: readonly number[]): string =>
  `it reads ${tokens} tokens of a text that has ${expected.length}`;

const verdict = (basis: SelfTestBasis, { fault, numbers }: Comparison): SelfTestVerdict =>
  fault === undefined ? { kind: 'passed', basis, numbers } : { kind: 'failed', basis, reason: fault, numbers };

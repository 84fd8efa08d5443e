import type { Golden } from '../catalog/golden.js';
import type { Delta, Model } from '../catalog/schema.js';
import type { LocalTier } from '../catalog/tier.js';
import type { GoldenSource } from '../ports/golden-source.js';
import type { EngineSession } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import type { Outrun, ReferenceProvider, SelfTestVerdict } from '../ports/self-test-records.js';
import { engineDelta } from './engine-model.js';
import { examineProvider } from './examine-provider.js';
import type { inspectSession } from './inspect-session.js';
import { outrunMs } from './outrun.js';
import { rememberVerdict, type VerdictMemory } from './remember-verdict.js';

export interface SelfTestAsk {
  /** Loaded, and not yet offered to anybody. */
  readonly session: EngineSession;
  readonly tier: LocalTier;
  readonly provider: string;
  /** Loads the same variant on the reference provider, in a worker of its own; asked for at most once, for others only. */
  readonly openReference: () => Promise<EngineSession>;
  readonly signal?: AbortSignal | undefined;
}

interface ExaminerPorts {
  readonly golden: GoldenSource;
  readonly store: ModelStore;
  readonly reference: ReferenceProvider;
  /** Told of golden data that could not be read. */
  readonly onFailure: (error: unknown) => void;
  readonly memory: VerdictMemory;
}

/** What came of a test. */
export interface Tested<T = SelfTestVerdict> {
  readonly verdict: T;
  /** Median of the single runs, tokenization included; of what was outrun, the run that decided it. */
  readonly runMs: number;
  /** False where the next process had better test it again. */
  readonly isLasting: boolean;
}

/** What tests, as whoever loads it gets it: a start whose models have all been tested needs nothing of it. */
export interface ExaminerModule {
  readonly examineTier: typeof examineTier;
  readonly raceTier: typeof raceTier;
  readonly inspectSession: typeof inspectSession;
}

/** Tests a variant and provider to the end, and remembers the verdict. */
export async function examineTier(ask: SelfTestAsk & ExaminerPorts): Promise<SelfTestVerdict> {
  return rememberVerdict(ask, await examine(ask, await goldenOf(ask.tier.model, ask)), ask.memory);
}

/** The same, but given up as outrun when even a short text takes longer than `outrunAboveMs`. */
export async function raceTier({
  outrunAboveMs: aboveMs,
  ...ask
}: SelfTestAsk & ExaminerPorts & { readonly outrunAboveMs: number }): Promise<SelfTestVerdict | Outrun> {
  const { session, tier, signal, memory } = ask;
  const golden = await goldenOf(tier.model, ask);
  const slowMs = await outrunMs({ session, tier, golden, aboveMs, signal });
  if (slowMs === undefined) return rememberVerdict(ask, await examine(ask, golden), memory);
  return rememberVerdict(ask, { verdict: { kind: 'outrun' }, runMs: slowMs, isLasting: true }, memory);
}

async function examine(
  { session, tier, provider, openReference, signal, store, reference: id }: SelfTestAsk & ExaminerPorts,
  golden: Golden | undefined,
): Promise<Tested> {
  const hasReference = provider !== id && tier.variant.providers.includes(id);
  const reference =
    hasReference && (tier.delta || !golden) ? { provider: id, session: await openReference() } : undefined;
  try {
    const delta = reference && hasDelta(tier) ? await engineDelta(tier, store) : undefined;
    const { verdict, runMs } = await examineProvider({ session, tier, golden, reference, delta, signal });
    // Golden data that could not be read may be there next time.
    const isLasting = verdict.kind === 'failed' || !tier.model.golden || golden !== undefined;
    return { verdict, runMs, isLasting };
  } finally {
    await reference?.session.release();
  }
}

const hasDelta = (tier: LocalTier): tier is LocalTier & { readonly delta: Delta } => tier.delta !== undefined;

/** Without its golden data a model is tested as one that has none: a lost file takes no answer away. */
async function goldenOf(
  model: Model,
  { golden: source, onFailure }: Pick<ExaminerPorts, 'golden' | 'onFailure'>,
): Promise<Golden | undefined> {
  if (!model.golden) return undefined;
  try {
    const golden = await source.golden(model.golden);
    return Object.hasOwn(golden.embeddings, model.id) ? golden : undefined;
  } catch (error) {
    onFailure(error);
    return undefined;
  }
}

import type { Delta } from '../catalog/schema.js';
import type { EngineDelta, EngineSession } from '../ports/model-engine.js';
import type { Matrix } from '../ports/mat-mul.js';
import type { LocalRung } from '../recommend/choose-ladder.js';
import type { DeltasPorts } from './deltas-ports.js';
import { textKey } from './text-key.js';

/** So few at a time that requests get in between. */
const CHUNK = 16;
/** What a process that ends loses at most. */
const KEEP_EVERY = 512;

/** With whose factors the features are computed. */
export type Attached =
  | { readonly kind: 'none' }
  /** A delta with a place of its own. */
  | { readonly kind: 'kept'; readonly delta: Delta }
  /** Factors that are only tried; whoever tries them detaches them from the sessions that they were attached to. */
  | { readonly kind: 'draft'; readonly delta: EngineDelta; readonly sessions: Set<EngineSession> };

export interface Embedded {
  /** [texts, features] */
  readonly features: Matrix;
  /** Mean of those that had to be computed, one text, in milliseconds. */
  readonly textMs: number;
  readonly computed: number;
}

type Ports = Pick<DeltasPorts, 'workshop' | 'features' | 'clock' | 'startHash'>;

/**
 * What a model makes of texts: from the cache where it is known, otherwise by a borrowed session, given back after every
 * few texts.
 * @throws what the engine throws, the signal's reason
 */
export async function embedTexts(
  {
    texts,
    rung,
    attached,
  }: { readonly texts: readonly string[]; readonly rung: LocalRung; readonly attached: Attached },
  { workshop, features: cache, clock, startHash }: Ports,
  {
    signal,
    onText,
  }: { readonly signal?: AbortSignal | undefined; readonly onText?: ((done: number) => void) | undefined } = {},
): Promise<Embedded> {
  const columns = rung.tier.model.features;
  const data = new Float32Array(texts.length * columns);
  const keys = texts.map((text) => textKey(text, startHash));
  const space = spaceOf(rung, attached);
  const known = await cache.read(space, keys).catch(() => []);
  const missing: number[] = [];
  for (const row of texts.keys()) {
    const values = known[row];
    if (values?.length === columns) data.set(values, row * columns);
    else missing.push(row);
  }
  let fresh = new Map<string, Float32Array>();
  // What is lost is made again.
  const keep = async (): Promise<void> => {
    const rows = fresh;
    fresh = new Map();
    if (rows.size > 0) await cache.write(space, rows).catch(() => undefined);
  };
  let spentMs = 0;
  try {
    for (let from = 0; from < missing.length; from += CHUNK) {
      const rows = missing.slice(from, from + CHUNK);
      onText?.(texts.length - missing.length + from);
      const values = await withSession(rung, attached, { workshop, signal }, async (session, deltaId) => {
        const fromMs = clock.nowMs();
        const computed = await session.features(
          rows.map((row) => texts[row]!),
          deltaId,
        );
        spentMs += clock.nowMs() - fromMs;
        return computed;
      });
      for (const [i, row] of rows.entries()) {
        const one = values.slice(i * columns, (i + 1) * columns);
        data.set(one, row * columns);
        fresh.set(keys[row]!, one);
      }
      if (fresh.size >= KEEP_EVERY) await keep();
    }
  } finally {
    await keep();
  }
  onText?.(texts.length);
  return {
    features: { rows: texts.length, columns, data },
    textMs: missing.length === 0 ? 0 : spentMs / missing.length,
    computed: missing.length,
  };
}

/** What one text takes, in milliseconds: the median of a few groups of texts, whatever is known of them. */
export async function timeTexts(
  {
    texts,
    rung,
    attached,
  }: { readonly texts: readonly string[]; readonly rung: LocalRung; readonly attached: Attached },
  { workshop, clock }: Pick<Ports, 'workshop' | 'clock'>,
  signal?: AbortSignal,
): Promise<number> {
  const times: number[] = [];
  for (let group = 0; group < 5; group++) {
    const few = Array.from({ length: 8 }, (_, i) => texts[(group * 8 + i) % texts.length]!);
    times.push(
      await withSession(rung, attached, { workshop, signal }, async (session, deltaId) => {
        const fromMs = clock.nowMs();
        await session.features(few, deltaId);
        return (clock.nowMs() - fromMs) / few.length;
      }),
    );
  }
  return times.toSorted((a, b) => a - b)[2]!;
}

async function withSession<T>(
  rung: LocalRung,
  attached: Attached,
  { workshop, signal }: { readonly workshop: DeltasPorts['workshop']; readonly signal: AbortSignal | undefined },
  use: (session: EngineSession, deltaId: string | undefined) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const delta = attached.kind === 'kept' ? attached.delta : undefined;
  const { session, done } = await workshop.borrow(rung, { ...(delta && { delta }), ...(signal && { signal }) });
  try {
    if (attached.kind === 'draft' && !attached.sessions.has(session)) {
      await session.attach(attached.delta);
      attached.sessions.add(session);
    }
    return await use(session, attached.kind === 'draft' ? attached.delta.deltaId : delta?.contentId);
  } finally {
    done();
  }
}

/** What made the features: a head alone changes none. */
function spaceOf({ tier }: LocalRung, attached: Attached): string {
  const variant = tier.variant.weights.sha256;
  switch (attached.kind) {
    case 'none':
      return variant;
    case 'kept':
      return attached.delta.adapter ? `${variant}-${attached.delta.contentId}` : variant;
    case 'draft':
      return `${variant}-${attached.delta.deltaId}`;
    default:
      return attached satisfies never;
  }
}

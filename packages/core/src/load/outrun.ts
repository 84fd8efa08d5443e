import type { TaskId } from '../catalog/fields.js';
import type { Golden } from '../catalog/golden.js';
import type { LocalTier } from '../catalog/tier.js';
import type { EngineSession } from '../ports/model-engine.js';
import { SELF_TEST_TEXTS } from './self-test-texts.js';

/** A graphics processor compiles its kernels in its first runs: a slow one is made again before it counts. */
const TRIES = 2;

/**
 * What a run takes of a provider that is hopelessly slow, in milliseconds; undefined where it is not. The shortest text
 * is asked: what is too slow with that is so with all.
 * @param aboveMs from here on it is
 */
export async function outrunMs({
  session,
  tier,
  golden,
  aboveMs,
  signal,
}: {
  session: EngineSession;
  tier: LocalTier;
  golden: Golden | undefined;
  aboveMs: number;
  signal: AbortSignal | undefined;
}): Promise<number | undefined> {
  const texts = golden?.texts ?? SELF_TEST_TEXTS;
  const text = texts.reduce((short, each) => (each.length < short.length ? each : short));
  let fastestMs = Infinity;
  for (let tries = 0; tries < TRIES; tries++) {
    const { runMs } = await session.run(
      { task: tier.model.task as TaskId, text, deltaId: undefined },
      signal && { signal },
    );
    fastestMs = Math.min(fastestMs, runMs);
    if (fastestMs <= aboveMs) return undefined;
  }
  return fastestMs;
}

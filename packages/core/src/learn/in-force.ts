import type { Calibration } from '../catalog/calibration.js';
import type { Delta } from '../catalog/schema.js';
import { isCalibrated, type LocalRung } from '../recommend/choose-ladder.js';
import type { DeltasPorts } from './deltas-ports.js';
import { embedTexts, timeTexts, type Attached } from './embed-texts.js';
import type { ScoredRung } from './grade-ladder.js';
import { readHead } from './read-head.js';
import { scoreFeatures } from './score-features.js';

/** A rung with the delta it answers with. */
export interface EquippedRung {
  readonly rung: LocalRung;
  readonly delta: Delta;
}

/** What a rung says of texts with a kept delta, in numbers: its features under the delta's factors, times its head. */
export async function scoreTexts(
  { rung, delta }: EquippedRung,
  texts: readonly string[],
  ports: DeltasPorts,
  {
    textMs,
    signal,
    onText,
  }: {
    /** What one text takes on the rung, where that is known. */
    readonly textMs?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly onText?: ((done: number) => void) | undefined;
  } = {},
): Promise<ScoredRung> {
  const attached: Attached = delta.adapter ? { kind: 'kept', delta } : { kind: 'none' };
  const { features } = await embedTexts({ texts, rung, attached }, ports, { signal, onText });
  return {
    id: rung.tier.id,
    labels: delta.labels,
    logits: await scoreFeatures(features, await readHead(delta, ports), ports.clock),
    textMs: textMs ?? (await timeTexts({ texts, rung, attached }, ports, signal)),
  };
}

/** A calibration, as far as it was made with these rungs. */
export const calibrationOf = (
  calibration: Calibration | undefined,
  rungs: readonly EquippedRung[],
): Calibration | undefined =>
  rungs.every(({ rung, delta }) => isCalibrated({ ...rung.tier, delta }, calibration)) ? calibration : undefined;

import { isFromMemory } from '../../evaluate/from-memory.js';
import type { FeedbackRecord, Ledger } from '../../ports/ledger.js';
import type { Observation } from '../../ports/learning.js';
import type { DriftWatch } from './drift-watch.js';

/** Answers that feedback is expected on soon, while the ledger may not have them yet. */
const MAX_RECENT = 1000;

/** Brings what people say of answers to the drift watch. */
export interface Ears {
  saw(observation: Observation): void;
  /** @throws StorageError */
  judge(record: FeedbackRecord): Promise<void>;
  /** Feedback that another process has put into the ledger since the last look, such as a command. @throws StorageError */
  catchUp(): Promise<void>;
}

/** @param sinceWallMs what came before is in the watch already */
export function createEars({
  ledger,
  watch,
  sinceWallMs,
}: {
  readonly ledger: Pick<Ledger, 'outcome' | 'feedback'>;
  readonly watch: DriftWatch;
  readonly sinceWallMs: number;
}): Ears {
  const recent = new Map<string, Observation>();
  let heardUntilWallMs = sinceWallMs;

  const judge = async ({ requestId, right }: FeedbackRecord): Promise<void> => {
    const seen = recent.get(requestId);
    const tier = seen?.said.at(-1)?.tier;
    const known = seen && tier !== undefined ? { ...seen, tier } : await ledger.outcome(requestId);
    // What was given again is no answer of a tier.
    const answered = known && 'cache' in known && isFromMemory(known) ? undefined : known;
    if (answered?.domain === undefined || answered.verdict !== 'accept') return;
    const { domain, ladderRevision, confidence } = answered;
    await watch.add({ requestId, domain, tier: answered.tier, ladderRevision, confidence, right });
  };
  return {
    saw(observation) {
      recent.set(observation.requestId, observation);
      for (const oldest of recent.keys()) {
        if (recent.size <= MAX_RECENT) break;
        recent.delete(oldest);
      }
    },
    judge,
    async catchUp() {
      const records = await ledger.feedback({ sinceWallMs: heardUntilWallMs });
      for (const record of records.toReversed()) {
        await judge(record);
        // What comes in the same millisecond as this one is not missed; this one is heard twice, and counted once.
        heardUntilWallMs = Math.max(heardUntilWallMs, record.atWallMs);
      }
    },
  };
}

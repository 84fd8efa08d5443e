import type { EngineOutput } from '../ports/model-engine.js';
import type { Lifeline } from '../wait/lifeline.js';
import { createTurns } from '../wait/turns.js';
import type { EngineWorker } from './engine-worker.js';
import type { ThreadSession } from './load-encoder.js';
import { cannotRun } from './session-faults.js';

/**
 * A variant that a worker has loaded, seen from outside. What waits, waits on this side, where an abort reaches it.
 * @param letGo called once, when no call is under way any more
 */
export function workerSession({
  modelId,
  worker,
  life,
  heldBytes,
  letGo,
}: {
  modelId: string;
  worker: Pick<EngineWorker, 'attach' | 'detach' | 'run' | 'runBatch' | 'features'>;
  life: Pick<Lifeline, 'guard' | 'ended'>;
  heldBytes?: () => number;
  letGo: () => Promise<void>;
}): Omit<ThreadSession, 'report'> {
  const turns = createTurns();
  let released: Promise<void> | undefined;
  const checkOpen = (): void => {
    if (released) throw cannotRun(modelId, 'it was released');
  };
  const inTurn = <T>(call: () => Promise<T>): Promise<T> =>
    turns(() => {
      checkOpen();
      return life.guard(call);
    });
  return {
    get alive() {
      return !life.ended();
    },
    get heldBytes() {
      return heldBytes?.();
    },
    attach: (delta) => inTurn(() => worker.attach(delta)),
    detach: (deltaId) => inTurn(() => worker.detach(deltaId)),
    runBatch: (inputs) => inTurn<EngineOutput[]>(() => worker.runBatch(inputs)),
    features: (texts, deltaId) => inTurn(() => worker.features(texts, deltaId)),
    run: (input, { signal } = {}) =>
      turns<EngineOutput>(() => {
        checkOpen();
        return life.guard(() => worker.run(input));
      }, signal),
    release: () => (released ??= turns(letGo)),
  };
}

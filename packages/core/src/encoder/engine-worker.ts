import type { EngineDelta, EngineInput, EngineModel, EngineOutput } from '../ports/model-engine.js';
import type { ThreadReport, ThreadSession } from './load-encoder.js';

/** What a host may ask of a worker. A worker holds one variant at a time. */
export interface EngineWorker {
  load(model: EngineModel): Promise<ThreadReport>;
  attach(delta: EngineDelta): Promise<void>;
  detach(deltaId: string): Promise<void>;
  run(input: EngineInput): Promise<EngineOutput>;
  runBatch(inputs: readonly EngineInput[]): Promise<EngineOutput[]>;
  features(texts: readonly string[], deltaId?: string): Promise<Float32Array>;
  release(): Promise<void>;
}

/** The inside of a worker, behind whatever carries its messages. */
export function createEngineWorker(load: (model: EngineModel) => Promise<ThreadSession>): EngineWorker {
  let session: ThreadSession | undefined;
  const loaded = (): ThreadSession => {
    if (!session) throw new Error('the worker has loaded nothing');
    return session;
  };
  return {
    async load(model) {
      session = await load(model);
      return session.report;
    },
    attach: (delta) => loaded().attach(delta),
    detach: (deltaId) => loaded().detach(deltaId),
    run: (input) => loaded().run(input),
    runBatch: (inputs) => loaded().runBatch(inputs),
    features: (texts, deltaId) => loaded().features(texts, deltaId),
    async release() {
      await loaded().release();
      session = undefined;
    },
  };
}

import { afterEach, beforeEach } from 'vitest';
import type { StoredTensor } from '../delta/safetensors.js';
import type { EngineDelta, EngineInput, EngineModel, EngineSession, ModelEngine } from '../ports/model-engine.js';

export interface EngineUnderTest {
  readonly engine: ModelEngine;
  /** A sound model of the Terrace interface. */
  readonly model: EngineModel;
  /** A sound delta for it. */
  readonly delta: EngineDelta;
  /** The tensors of its head, where the engine reads them. */
  readonly head?: ReadonlyMap<string, StoredTensor>;
}

export type MakeEngine = () => EngineUnderTest | Promise<EngineUnderTest>;

const TEXT = 'how do i freeze my account';
export const OTHER_TEXT = 'move ten pounds to my savings';

/** A new engine for each test of the suite around it, closed afterwards, with short ways to what tests ask of it. */
export function prepareEngine(make: MakeEngine) {
  let current: EngineUnderTest;
  beforeEach(async () => {
    current = await make();
  });
  afterEach(() => current.engine.close());
  return {
    get engine(): ModelEngine {
      return current.engine;
    },
    get model(): EngineModel {
      return current.model;
    },
    get delta(): EngineDelta {
      return current.delta;
    },
    get head(): EngineUnderTest['head'] {
      return current.head;
    },
    classify: (text = TEXT): EngineInput => ({ task: 'text-classification', text, deltaId: current.delta.deltaId }),
    embed: (text = TEXT): EngineInput => ({ task: 'feature-extraction', text, deltaId: undefined }),
    /** A session with the delta attached. */
    async ready(): Promise<EngineSession> {
      const session = await current.engine.load(current.model);
      await session.attach(current.delta);
      return session;
    },
  };
}

import { EngineError } from '../errors/engine-error.js';
import type { TextEngine, TextLoadReport, TextModel, TextSession } from '../ports/text-engine.js';
import { inputTokens, writeScript, type Script, type ScriptedRun } from './scripted-text.js';

export interface FakeTextEngine extends TextEngine {
  /** What was asked of it, in order. */
  readonly loads: TextModel[];
  readonly runs: (ScriptedRun & { readonly modelId: string })[];
  /** Variant ids, one an ended session. */
  readonly released: string[];
}

/**
 * An engine without a tokenizer that writes scripted texts word by word, one turn each time its reader asks.
 * @param scripts by model id, where models write unlike; what it leaves out is as said for all
 * @param onLoad called first; what it throws is how a load fails
 */
export function createFakeTextEngine({
  scripts = {},
  onLoad,
  report,
  ...all
}: Script & {
  readonly scripts?: Readonly<Record<string, Script>>;
  readonly onLoad?: (model: TextModel) => void | Promise<void>;
  readonly report?: Partial<TextLoadReport>;
} = {}): FakeTextEngine {
  const loads: TextModel[] = [];
  const runs: FakeTextEngine['runs'] = [];
  const released: string[] = [];
  let closed = false;

  const open = (model: TextModel): TextSession => {
    let gone = false;
    const isGone = (): boolean => gone || closed;
    const checkUsable = (): void => {
      if (isGone()) throw refusal(`${model.modelId} was released`);
    };
    return {
      get alive() {
        return !isGone();
      },
      report: {
        loadMs: 1,
        bytesRead: model.weights.bytes,
        peakMemoryBytes: model.weights.bytes,
        prefillTokensPerSecond: 500,
        decodeTokensPerSecond: 50,
        thread: 'worker',
        ...report,
      },
      async *generate(job, signal) {
        checkUsable();
        const run = { modelId: model.modelId, job, written: 0, state: 'writing' as const };
        runs.push(run);
        return yield* writeScript({ ...all, ...scripts[model.modelId] }, job, signal, run);
      },
      async countTokens(job) {
        checkUsable();
        return inputTokens(job);
      },
      async logits(text) {
        checkUsable();
        return Float32Array.from({ length: model.vocabulary }, (_, i) => Math.sin(text.length * (i + 1)));
      },
      active: () => runs.filter(({ modelId, state }) => modelId === model.modelId && state === 'writing').length,
      async release() {
        if (!gone) released.push(model.variantId);
        gone = true;
      },
    };
  };

  return {
    loads,
    runs,
    released,
    async load(model, { signal } = {}) {
      signal?.throwIfAborted();
      if (closed) throw refusal('the engine is closed');
      loads.push(model);
      await onLoad?.(model);
      signal?.throwIfAborted();
      return open(model);
    },
    async close() {
      closed = true;
    },
  };
}

const refusal = (why: string): EngineError =>
  new EngineError({ message: `The fake engine refuses: ${why}.`, hint: 'Look at what the test did before.' });

import { ArtifactCorruptError } from '../errors/artifact-corrupt-error.js';
import { EngineError } from '../errors/engine-error.js';
import type {
  EngineDelta,
  EngineInput,
  EngineModel,
  EngineOutput,
  EngineSession,
  LoadReport,
  ModelEngine,
} from '../ports/model-engine.js';
import type { LocatedFile } from '../ports/model-store.js';
import type { FakeClock } from './fake-clock.js';
import { fakeLocation } from './fake-store.js';

/** How a model behaves. Everything may be left out and changed between calls. */
export interface FakeModel {
  /** Logits of a text; one a label of the delta. */
  scores?: (text: string) => readonly number[];
  /** Unit vector of a text. */
  vector?: (text: string) => readonly number[];
  /** What a head is multiplied with for a text. */
  features?: (text: string) => readonly number[];
  tokens?: Partial<Pick<EngineOutput, 'tokens' | 'textTokens' | 'unknownTokens'>>;
  /** By how much a load or a run moves the clock on. */
  loadMs?: number;
  runMs?: number;
  peakMemoryBytes?: number;
  /** What each of its sessions holds now; untold unless it is set. */
  heldBytes?: number;
  /** Sessions of it whose thread is to have ended. */
  dead?: boolean;
  /** Called first; what it throws is how the call fails, what it awaits is how long the call waits. */
  onLoad?: (model: EngineModel) => void | Promise<void>;
  onAttach?: (delta: EngineDelta) => void | Promise<void>;
  onRun?: (input: EngineInput) => void | Promise<void>;
}

export interface FakeEngine extends ModelEngine {
  /** What `residentBytes` tells. */
  residentNow: number;
  readonly models: Record<string, FakeModel>;
  /** What was asked of it, in order. */
  readonly loads: EngineModel[];
  readonly attached: string[];
  readonly runs: { readonly modelId: string; readonly input: EngineInput }[];
  /** Variant ids, one an ended session. */
  readonly released: string[];
}

export function createFakeEngine({
  models = {},
  clock,
  thread = 'inline',
}: {
  readonly models?: Record<string, FakeModel>;
  readonly clock?: FakeClock;
  readonly thread?: LoadReport['thread'];
} = {}): FakeEngine {
  const loads: EngineModel[] = [];
  const attached: string[] = [];
  const runs: FakeEngine['runs'] = [];
  const released: string[] = [];
  let closed = false;

  const open = (model: EngineModel, behaviour: () => FakeModel): EngineSession => {
    const deltas = new Map<string, EngineDelta>();
    let gone = false;
    const checkUsable = (): void => {
      if (gone || closed) throw refusal(`${model.modelId} was released`);
    };
    const { loadMs = 1, runMs = 1, peakMemoryBytes = model.weights.bytes } = behaviour();
    const runOne = async (input: EngineInput): Promise<EngineOutput> => {
      const delta = input.deltaId === undefined ? undefined : deltas.get(input.deltaId);
      if (input.deltaId !== undefined && !delta) throw refusal('the delta is not attached');
      clock?.advance(behaviour().runMs ?? 0);
      return answer(input, delta?.labelCount ?? 1, behaviour());
    };
    return {
      get alive() {
        return !(gone || closed || behaviour().dead === true);
      },
      get heldBytes() {
        return behaviour().heldBytes;
      },
      report: { loadMs, bytesRead: model.weights.bytes, peakMemoryBytes, warmRunMs: runMs, thread },
      async attach(delta) {
        checkUsable();
        if (deltas.has(delta.deltaId)) return;
        attached.push(delta.deltaId);
        await behaviour().onAttach?.(delta);
        for (const file of [delta.head, delta.adapter]) if (file) checkBytes(file);
        deltas.set(delta.deltaId, delta);
      },
      async detach(deltaId) {
        checkUsable();
        deltas.delete(deltaId);
      },
      async runBatch(inputs) {
        checkUsable();
        for (const input of inputs) runs.push({ modelId: model.modelId, input });
        for (const input of inputs) await behaviour().onRun?.(input);
        checkUsable();
        return Promise.all(inputs.map(runOne));
      },
      async run(input, { signal } = {}) {
        checkUsable();
        signal?.throwIfAborted();
        runs.push({ modelId: model.modelId, input });
        await untilAborted(Promise.resolve(behaviour().onRun?.(input)), signal);
        signal?.throwIfAborted();
        checkUsable();
        return runOne(input);
      },
      async features(texts, deltaId) {
        checkUsable();
        if (deltaId !== undefined && !deltas.has(deltaId)) throw refusal('the delta is not attached');
        const featuresOf = behaviour().features ?? ((text: string) => waves(text, model.graph.features));
        return Float32Array.from(texts.flatMap(featuresOf));
      },
      async release() {
        if (!gone) released.push(model.variantId);
        gone = true;
      },
    };
  };

  return {
    residentNow: 0,
    residentBytes() {
      return this.residentNow;
    },
    callerLoad: () => 0,
    models,
    loads,
    attached,
    runs,
    released,
    async load(model, { signal } = {}) {
      signal?.throwIfAborted();
      if (closed) throw refusal('the engine is closed');
      const behaviour = (): FakeModel => models[model.modelId] ?? {};
      loads.push(model);
      await untilAborted(Promise.resolve(behaviour().onLoad?.(model)), signal);
      for (const file of [model.weights, model.tokenizer, model.tokenizerConfig]) if (file) checkBytes(file);
      clock?.advance(behaviour().loadMs ?? 0);
      return open(model, behaviour);
    },
    async close() {
      closed = true;
    },
  };
}

function answer(
  { task, text }: EngineInput,
  labels: number,
  { scores, vector, tokens, runMs = 1 }: FakeModel,
): EngineOutput {
  const words = text.trim().split(/\s+/).length + 2;
  const seed = seedOf(text);
  const values =
    task === 'feature-extraction'
      ? (vector?.(text) ?? [Math.cos(seed), Math.sin(seed)])
      : (scores?.(text) ?? waves(text, labels));
  return { values: Float32Array.from(values), tokens: words, textTokens: words, unknownTokens: 0, runMs, ...tokens };
}

const seedOf = (text: string): number => [...text].reduce((sum, char) => sum + char.codePointAt(0)!, 0);

const waves = (text: string, length: number): number[] =>
  Array.from({ length }, (_, i) => Math.sin(seedOf(text) * (i + 1)));

function checkBytes({ location, sha256 }: LocatedFile): void {
  if (location === fakeLocation(sha256)) return;
  throw new ArtifactCorruptError({
    message: `${location} holds other bytes.`,
    hint: 'Use a location of the fake store.',
  });
}

function refusal(why: string): EngineError {
  return new EngineError({ message: `The fake engine refuses: ${why}.`, hint: 'Look at what the test did before.' });
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

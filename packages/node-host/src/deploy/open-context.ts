import { readFile } from 'node:fs/promises';
import {
  ContextLearner,
  createContextRoute,
  keepContext,
  readKeptContext,
  type ContextRoute,
  type LearntContext,
  type Reshare,
  type RouteAsk,
} from '@terrace/core/deploy';
import { writeAtomically } from '../store/files/atomic-file.js';
import type { ContextEmbedder } from './context-embedder.js';

/** A request waits no longer for its embedding: then it is routed by what arms are like on average. */
const PATIENCE_MS = 20;
/** Requests whose rewards are waited for; of older ones nothing is learnt. */
const REMEMBERED = 10_000;
const SAVE_EVERY = 100;
/** A row counts half after some 1,400 more of its arm: requests and models change. */
const FORGETTING = 0.9995;

export interface ContextOptions {
  /** JSON of what was learnt; it is written from time to time. */
  readonly file: string;
  readonly embedder: ContextEmbedder;
  /** Id of the model that has this number in the controller. */
  readonly modelOf: (arm: number) => string;
  readonly random: () => number;
  readonly onFailure: (error: unknown) => void;
}

/** What requests say of the models of a deployment. */
export interface RequestContexts {
  /** For `StageRoute.route`; undefined where nothing is known of the request, or not in time. It fails never. */
  look(ask: Pick<RouteAsk, 'requestId' | 'text'>): Promise<Reshare | undefined>;
  /** What came of a request that was looked at. @param propensity P(this model) when it was routed */
  learn(requestId: string, model: string, reward: number, costUsd: number, propensity: number): void;
  close(): Promise<void>;
}

/** Goes on with what the file has; one that is damaged, or of other models, is told of and begun anew. */
export async function openContext({
  file,
  embedder,
  modelOf,
  random,
  onFailure,
}: ContextOptions): Promise<RequestContexts> {
  const kept = await readKept(file, embedder).catch((error: unknown) => void onFailure(error));
  const arms = kept ? [...kept.model.weights(embedder.embedding).arms] : [];
  const learner = new ContextLearner({ widths: embedder.widths, arms, random, forgetting: FORGETTING, kept });
  const seen = new Map<string, Float32Array>();
  let window: { readonly live: readonly number[]; readonly route: ContextRoute } | undefined;
  let unsaved = 0;
  let saving: Promise<void> = Promise.resolve();

  const armOf = (model: string): number => {
    const known = arms.indexOf(model);
    if (known >= 0) return known;
    learner.addArm(model);
    return arms.push(model) - 1;
  };
  const routeOf = (live: readonly number[]): ContextRoute => {
    if (window?.live !== live) {
      const own = live.map((arm) => armOf(modelOf(arm)));
      window = { live, route: createContextRoute({ model: learner.learnt!.model, live: own }) };
    }
    return window.route;
  };
  const save = (): Promise<void> => {
    const { learnt } = learner;
    if (!learnt || unsaved === 0) return saving;
    unsaved = 0;
    const text = JSON.stringify(keepContext(learnt, embedder.embedding));
    saving = saving.then(() => writeAtomically(file, text, 0o600)).catch(onFailure);
    return saving;
  };
  const remember = (requestId: string, embedding: Float32Array): Float32Array | undefined => {
    const features = learner.featuresOf(embedding);
    if (features) seen.set(requestId, features);
    if (seen.size > REMEMBERED) seen.delete(seen.keys().next().value!);
    return features;
  };

  return {
    async look({ requestId, text }) {
      const patience = AbortSignal.timeout(PATIENCE_MS);
      const late = new Promise<undefined>((resolve) => {
        patience.addEventListener('abort', () => resolve(undefined), { once: true });
      });
      const features = await Promise.race([
        embedder.embed(text, patience).then((embedding) => remember(requestId, embedding)),
        late,
      ]).catch((error: unknown) => (patience.aborted ? undefined : void onFailure(error)));
      if (!features) return undefined;
      return (program, live, shares) => {
        const route = routeOf(live);
        route.fill(features, program);
        shares.set(route.shares);
      };
    },
    learn(requestId, model, reward, costUsd, propensity) {
      const features = seen.get(requestId);
      if (!features) return;
      seen.delete(requestId);
      try {
        learner.learnt!.model.learn({ features, arm: armOf(model), reward, cost: costUsd, propensity });
      } catch (error) {
        return onFailure(error);
      }
      if (++unsaved >= SAVE_EVERY) void save();
    },
    close: () => save(),
  };
}

async function readKept(file: string, embedder: ContextEmbedder): Promise<LearntContext | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  return readKeptContext(value, embedder, file);
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  createRaces,
  createRuntime,
  lazyText,
  withText,
  type Clock,
  type CodeEndpoint,
  type EndpointKeys,
  type FeedbackRecord,
  type Fetch,
  type Ledger,
  type OwnEndpoint,
  type OwnPattern,
  type Queue,
  type RemoteModule,
  type Runtime,
  type SchedulerLimits,
  type TextFace,
} from '@terrace/core';
import type { BudgetAlert } from '@terrace/core/budget';
import type { CacheFace, ForwardCache, ResponseCache } from '@terrace/core/cache';
import type { LearningSettings } from '@terrace/core/deltas';
import type { Deployment, DeploymentControl } from '@terrace/core/deploy';
import type { DocumentsFace } from '@terrace/core/documents';
import type { EconomyFace } from '@terrace/core/prompt';
import { budgetsFileOf } from './budget/budgets-path.js';
import type { NodeBudget } from './budget/open-node-budget.js';
import type { NodeCacheOptions } from './cache/open-node-cache.js';
import { deploymentFileOf } from './deploy/deployment-path.js';
import { openNodeDocuments } from './documents/open-node-documents.js';
import { createNodeEngine } from './engine/node-engine.js';
import type { NodeLearning } from './learn/open-learning.js';
import { createBusyLedger } from './ledger/busy-ledger.js';
import { openRecoveringLedger } from './ledger/recovering-ledger.js';
import { startWritingThread } from './ledger/writing-thread.js';
import { createNodeDeltas, type DeltasOfNode } from './node-deltas.js';
import { nodeSelfTest } from './node-self-test.js';
import { keepAlive } from './queue/keep-alive.js';
import { createLazyQueue } from './queue/lazy-queue.js';
import { createNodeProbe } from './probe/node-probe.js';
import { environmentKeys } from './remote/environment-keys.js';
import type { UndiciFetch } from './remote/undici-fetch.js';
import { hubSettings, openFetcher, type HubSettings } from './store/fetch/open-fetcher.js';
import { defaultHome } from './store/home.js';
import { openLiveModels } from './store/catalog/live-models.js';
import { shippedModels, type ModelFolders } from './store/catalog/model-folders.js';
import { openNodeEconomy } from './text/open-node-economy.js';
import { shareMemory } from './text/share-memory.js';
import { systemClock } from './system-clock.js';

/** Everything has a default. */
export interface NodeRuntimeOptions {
  /** Where state lives: ledger, measurements, added models. */
  readonly home?: string;
  /** The folder with `catalog.json`; the one that ships with Terrace by default. */
  readonly modelsFolder?: string;
  /** Most memory that models may take. */
  readonly memoryBytes?: number;
  /** A model that nobody used for so long is unloaded; a quarter of an hour by default. */
  readonly idleUnloadMs?: number;
  /** How requests share runs, and how many may wait. */
  readonly limits?: Partial<SchedulerLimits>;
  /** Used instead of the domain's own calibration. */
  readonly calibrationFile?: string;
  /** Where models that name the hub as their source are fetched; the environment says, unless this does. */
  readonly hub?: HubSettings;
  /** Keys of endpoints; by default `TERRACE_KEY_<HOST>` of the environment. */
  readonly keys?: EndpointKeys;
  /** Models of the application's own code that are tiers like any other. */
  readonly endpoints?: readonly CodeEndpoint[];
  /** Asks an endpoint a second time when its answer is late; on by default. */
  readonly hedging?: boolean;
  /** Whether requests that wait for the network are answered in the background; on by default. */
  readonly reconcile?: boolean;
  /** What must not leave the site beside e-mail addresses, phone numbers, cards and accounts. */
  readonly redaction?: readonly OwnPattern[];
  /** Refuses added models that no trusted key has signed. */
  readonly requireSignatures?: boolean;
  /**
   * Keeps texts of requests in the state folder, fits deltas on what larger tiers and people say of them, and stops
   * tiers that feedback speaks against from accepting alone; off by default.
   */
  readonly learning?: boolean | Partial<LearningSettings>;
  /**
   * Whether the budgets of the state folder count what requests cost, and those that are set while this runs as well; by
   * default where there are some when it starts.
   */
  readonly budgets?: boolean;
  /** Told of each share of a budget at which somebody wants to be told, and of overruns. */
  readonly onBudgetAlert?: (alert: BudgetAlert) => void;
  /**
   * Keeps models live and routes requests among them as `deployment.json` of the state folder says, where there is one. Off by
   * default: one process of a state folder does it, which is its server.
   */
  readonly deployment?: boolean;
  /**
   * Keeps answers in the state folder, and gives them again to the same request; off by default. Requests can say of one
   * with a cache what it is to do for them.
   */
  readonly cache?: boolean | NodeCacheOptions;
  /** Told when something failed that no request can report. */
  readonly onFailure?: (error: unknown) => void;
  /** The compiled worker; only code that runs from sources names it. */
  readonly engineWorkerUrl?: URL;
}

/** A runtime with its models, which follow what is installed while it runs. */
export type NodeRuntime = Runtime & TextFace & EconomyFace & Omit<CacheFace, 'cache'> & DocumentsFace & NodeFace;

/** What this host adds. */
interface NodeFace {
  readonly models: ModelFolders;
  /** Fitting deltas on this device, and putting them in force or taking them back. */
  readonly deltas: DeltasOfNode;
  /** Undefined where nobody wants it to learn. */
  readonly learning: NodeLearning | undefined;
  /** Undefined where none is wanted, or none is set up. */
  readonly deployment: DeploymentControl | undefined;
  /** Undefined where none is wanted; then requests cannot speak of it either. */
  readonly cache: ResponseCache | undefined;
  /** Passes chats on as `forward` does, and gives the answers of those again that are the same. */
  readonly forwardCache: ForwardCache | undefined;
  /** Undefined where nobody has set one. */
  readonly budget: NodeBudget | undefined;
  /** Keeps what somebody said of an answer. @throws StorageError */
  recordFeedback(record: FeedbackRecord): Promise<void>;
}

/** Terrace on Node: onnxruntime-node in worker threads, SQLite, and the models of a folder. */
export async function createNodeRuntime(options: NodeRuntimeOptions = {}): Promise<NodeRuntime> {
  const { home = defaultHome(), modelsFolder = shippedModels(), memoryBytes, calibrationFile, onFailure } = options;
  const endpoints = await Promise.all((options.endpoints ?? []).map(readEndpoint));
  const fetcher = await openFetcher({ home, ...(options.hub ?? hubSettings()) });
  const added = join(home, 'models');
  const models = await openLiveModels({
    shipped: modelsFolder,
    added,
    calibrationFile,
    fetcher,
    requireSignatures: options.requireSignatures,
    onFailure: (error) => onFailure?.(error),
  });
  const clock: Clock = systemClock;
  const file = join(home, 'ledger.db');
  const { budgets = existsSync(budgetsFileOf(home)), onBudgetAlert: onAlert } = options;
  const openBudget = budgets ? (await import('./budget/open-node-budget.js')).openNodeBudget : undefined;
  const budget = await openBudget?.({ home, ledgerFile: file, clock, onAlert, onFailure });
  const here = await openRecoveringLedger({ file, clock, onWarning: (warning) => onFailure?.(warning) });
  const beside = options.engineWorkerUrl && new URL('./ledger-worker.js', options.engineWorkerUrl);
  const kept: Ledger = createBusyLedger({ here, start: () => startWritingThread(file, beside) });
  const ledger = options.cache ? (await import('@terrace/core/cache')).createMarkedLedger(kept) : kept;
  const queueFile = join(home, 'queue.db');
  const openQueue = async (): Promise<Queue> =>
    (await import('./queue/sqlite-queue.js')).openSqliteQueue({ file: queueFile, clock });
  const network = createNetwork();
  // Meanwhile, so that no request waits for it; whoever asks an endpoint hears what went wrong.
  if (models.current().endpoints !== undefined) loadRemote().catch(() => undefined);
  const openLearning = options.learning ? (await import('./learn/open-learning.js')).openLearning : undefined;
  const learning = openLearning?.({
    home,
    clock,
    ledger,
    catalog: models,
    onFailure: (error) => onFailure?.(error),
    deltas: async () => life.deltas,
    revisions: () => life.revisions(),
    workshop: () => runtime.workshop,
    ...(typeof options.learning === 'object' && { settings: options.learning }),
  });
  const isDeployed = options.deployment === true && existsSync(deploymentFileOf(home));
  const deploy = isDeployed ? await import('./deploy/open-deployment.js') : undefined;
  let opened: (DeploymentControl & { readonly deployment: Deployment }) | undefined;
  // Until it is open, requests are planned for by themselves.
  const deployment: Deployment = {
    routes: (ask) => opened?.deployment.routes(ask) ?? true,
    route: (ask) => opened?.deployment.route(ask),
    ended: (answer) => opened?.deployment.ended(answer),
  };
  const shared = {
    ...(budget && { budget }),
    loadRemote,
    fetch: network.fetch,
    keys: options.keys ?? environmentKeys(),
    endpoints,
    ...(options.redaction && { redaction: options.redaction }),
    catalog: models,
    store: models,
    probe: nodeProbe({ home, clock, engineWorkerUrl: options.engineWorkerUrl }),
    ...(memoryBytes !== undefined && { memoryCeilingBytes: memoryBytes }),
    ...(options.idleUnloadMs !== undefined && { idleUnloadMs: options.idleUnloadMs }),
    ledger,
    clock,
    random: Math.random,
    ...(onFailure && { onFailure }),
  };
  const text = lazyText(async () => {
    const { openNodeText } = await import('./text/open-node-text.js');
    return openNodeText({ ...shared, loadedBytes: () => engine.heldBytes() }, options.engineWorkerUrl);
  });
  const engine = createNodeEngine(options.engineWorkerUrl && { workerUrl: options.engineWorkerUrl });
  const encoders = createRuntime({
    ...shared,
    ...shareMemory({ engine, probe: shared.probe, text: text.memory, memoryCeilingBytes: memoryBytes }),
    ...(deploy && { deployment: deploy.routeRequests(deployment) }),
    ...(learning && { learning }),
    ...(options.hedging !== undefined && { hedging: options.hedging }),
    queue: createLazyQueue({ file: queueFile, clock, open: openQueue, onWarning: (warning) => onFailure?.(warning) }),
    ...(options.reconcile !== undefined && { reconcile: options.reconcile }),
    selfTest: nodeSelfTest({ home, models, onFailure: (error) => onFailure?.(error) }),
    loadRaces: async () => ({ createRaces }),
    loadSequel: () => import('@terrace/core/deltas'),
    ...(options.limits && { limits: options.limits }),
  });
  const runtime: Runtime & TextFace = withText(encoders, text);
  const openCache = options.cache ? (await import('./cache/open-node-cache.js')).openNodeCache : undefined;
  const thrifty = openNodeEconomy(runtime);
  const cache = await openCache?.(thrifty, {
    home,
    options: typeof options.cache === 'object' ? options.cache : {},
    catalog: models,
    endpoints,
    ledger,
    learning,
    routes: isDeployed ? deployment.routes : undefined,
    clock,
    onFailure,
  });
  const asked = openNodeDocuments(cache?.runtime ?? { ...thrifty, cache: undefined }, runtime, {
    home,
    clock,
    onFailure,
  });
  const { requireSignatures = false, engineWorkerUrl } = options;
  const life = createNodeDeltas({ home, models, runtime, clock, requireSignatures, engineWorkerUrl });
  const close = async (): Promise<void> => {
    await opened?.close();
    await learning?.close();
    await life.close();
    await asked.close().finally(() => Promise.all([models.close(), network.close(), budget?.close()]));
  };
  try {
    opened = await deploy?.openDeployment({
      home,
      ledgerFile: file,
      ledger,
      catalog: models,
      runtime: () => runtime,
      clock,
      onFailure: (error) => onFailure?.(error),
      solverWorkerUrl: engineWorkerUrl && new URL('./solver-worker.js', engineWorkerUrl),
    });
  } catch (error) {
    await close();
    throw error;
  }
  const recordFeedback = async (record: FeedbackRecord): Promise<void> => {
    await ledger.append([{ kind: 'feedback', record }]);
    await learning?.feedback(record);
  };
  const queued = runtime.queued && keepAlive(runtime.queued);
  const { deltas } = life;
  return {
    ...asked,
    queued,
    models,
    deltas,
    learning,
    budget,
    deployment: opened,
    forwardCache: cache?.forwardCache,
    recordFeedback,
    close,
  };
}

const loadRemote = (): Promise<RemoteModule> => import('@terrace/core/remote');
const readEndpoint = async (described: CodeEndpoint): Promise<OwnEndpoint> =>
  (await loadRemote()).toOwnEndpoint(described);

/** Nothing of it is loaded before something is sent. */
function createNetwork(): { readonly fetch: Fetch; close(): Promise<void> } {
  let opened: Promise<UndiciFetch> | undefined;
  const open = async (): Promise<UndiciFetch> => (await import('./remote/undici-fetch.js')).createUndiciFetch();
  return {
    fetch: async (request) => (await (opened ??= open())).fetch(request),
    close: async () => (await opened)?.close(),
  };
}

/** The probe with its cache in the state folder. */
export function nodeProbe({
  home,
  clock,
  memoryBytes,
  remeasure,
  engineWorkerUrl,
}: {
  home: string;
  clock: Clock;
  memoryBytes?: number | undefined;
  remeasure?: boolean;
  /** The probe's own worker lies beside it. */
  engineWorkerUrl?: URL | undefined;
}) {
  return createNodeProbe({
    cacheFile: join(home, 'device.json'),
    storagePath: home,
    clock,
    remeasure,
    ...(memoryBytes !== undefined && { memoryCeilingBytes: memoryBytes }),
    ...(engineWorkerUrl && { workerUrl: new URL('./compute-probe-worker.js', engineWorkerUrl) }),
  });
}

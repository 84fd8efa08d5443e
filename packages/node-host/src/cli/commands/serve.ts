import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { InvalidRequestError, type SchedulerLimits } from '@terrace/core';
import { createNodeRuntime, type NodeRuntime } from '../../create-node-runtime.js';
import { createServer } from '../../server/create-server.js';
import { createForward } from '../../server/forward-chat.js';
import { createKeyDoor } from '../../server/keys/key-door.js';
import { keysFileOf } from '../../server/keys/keys-file.js';
import { watchKeys, type WatchedKeys } from '../../server/keys/watched-keys.js';
import { isLoopback } from '../../server/listen-on.js';
import { feedbackRoutes } from '../../server/native/feedback-routes.js';
import { inferRoutes } from '../../server/native/infer-routes.js';
import { oipRoutes } from '../../server/oip/oip-routes.js';
import { openAiRoutes } from '../../server/openai/openai-routes.js';
import type { LogOptions } from '../../server/server-logger.js';
import type { ServerOptions } from '../../server/server-options.js';
import { startReadiness } from '../../server/readiness.js';
import { readTls } from '../../server/read-tls.js';
import { systemClock } from '../../system-clock.js';
import { cacheOptions, type CacheFlags } from '../cache-settings.js';
import { print, warn } from '../output.js';
import { collectionOf, DEFAULT_COLLECTION } from './documents-flags.js';
import { readSettings, runtimeOptions, type GlobalFlags } from '../settings.js';

export interface ServeFlags extends GlobalFlags, CacheFlags {
  readonly host: string;
  readonly port: number;
  readonly keys?: string;
  readonly allowPublic?: boolean;
  /** Whether it keeps the deployment of its state folder, where there is one. */
  readonly deploy: boolean;
  /** Collections that requests may ask for. */
  readonly documents?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly cors?: readonly string[];
  readonly maxBody?: number;
  readonly requestTimeout?: number;
  readonly drain?: number;
  readonly maxBatch?: number;
  readonly preferredBatch?: number;
  readonly maxQueueDelay?: number;
  readonly maxQueue?: number;
  readonly queueTimeout?: number;
  readonly queueTimeoutAction?: 'reject' | 'delay';
  readonly logLevel: LogOptions['level'];
  readonly logContent?: boolean;
}

/** Texts of 64 KiB each: what waits stays within 256 MiB. */
const MAX_WAITING = 4096;

/** `terrace serve`: until it is told to stop. Then what has come is answered first. */
export async function serve(flags: ServeFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  const tls = await readTls({ cert: flags.tlsCert, key: flags.tlsKey });
  const keys = await openKeys(flags, settings.home);
  const limits = schedulerLimits(flags);
  const runtime = await createNodeRuntime({
    ...runtimeOptions(settings),
    limits,
    deployment: flags.deploy,
    budgets: true,
    cache: cacheOptions(flags, settings.cache, process.env),
  });
  for (const warning of [...settings.warnings, ...runtime.models.warnings]) warn(warning);
  try {
    await serveUntil(signal, runtime, { ...flags, ...(tls && { tls }), opened: keys });
    return 0;
  } finally {
    keys.close();
    await runtime.close();
  }
}

async function serveUntil(
  signal: AbortSignal,
  runtime: NodeRuntime,
  flags: ServeFlags & Pick<ServerOptions, 'tls'> & { readonly opened: WatchedKeys },
): Promise<void> {
  const { host, port, opened, maxBody, requestTimeout, drain } = flags;
  const catalog = (): ReturnType<NodeRuntime['models']['current']> => runtime.models.current();
  const isCached = runtime.cache !== undefined;
  const over = new AbortController();
  const warming = AbortSignal.any([signal, over.signal]);
  const readiness = startReadiness({ runtime, isCached, catalog: catalog(), clock: systemClock, signal: warming });
  const server = await createServer({
    runtime,
    text: runtime,
    isCached,
    sharedCollections: flags.documents?.map((collection) => collectionOf({ collection }, DEFAULT_COLLECTION)),
    catalog,
    presence: runtime.models.presence,
    clock: systemClock,
    routes: [openAiRoutes, oipRoutes, inferRoutes, feedbackRoutes],
    host,
    port,
    tls: flags.tls,
    door: createKeyDoor(opened.current, systemClock),
    corsOrigins: flags.cors,
    limits: {
      ...(maxBody !== undefined && { bodyBytes: maxBody }),
      ...(requestTimeout !== undefined && { requestMs: requestTimeout }),
    },
    log: { level: flags.logLevel, content: flags.logContent ?? false },
    ready: readiness.isReady,
    drainMs: drain,
    recordFeedback: runtime.recordFeedback,
    queued: runtime.queued?.read,
    forward: createForward(runtime, runtime.forwardCache),
    waiting: () => runtime.waiting(),
    endpoints: () => endpointsUp(runtime),
    budgets: runtime.budget,
    deployment: runtime.deployment,
  });
  try {
    const { url } = await server.listen();
    if (flags.json) print(JSON.stringify({ url }));
    else print(`listening on ${url}${opened.current() ? '' : ', without keys'}`);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    over.abort(new Error('the server has stopped'));
    await server.close();
    await readiness.ended;
  }
}

/** Which endpoints of the catalog are believed to answer, as far as they were asked. */
function endpointsUp({ models, remotes }: NodeRuntime): (readonly [id: string, healthy: boolean])[] {
  return (models.current().endpoints ?? []).map((endpoint) => {
    const { id, placement } = endpoint;
    const { kind } = remotes.state({ kind: 'remote', id, placement, endpoint, delta: undefined });
    return [id, kind === 'up'] as const;
  });
}

/** Without the flag the file counts that `terrace serve keys add` makes, as soon as there is one. */
async function openKeys({ keys, host, allowPublic }: ServeFlags, home: string): Promise<WatchedKeys> {
  const file = keys === undefined ? keysFileOf(home) : resolve(keys);
  const isThere = existsSync(file);
  if (keys !== undefined && !isThere) throw noKeys(file);
  if (!isThere && !isLoopback(host) && !allowPublic) throw unguarded(host);
  return watchKeys(file, { onFailure: (error) => warn(`the keys stay as they were: ${(error as Error).message}`) });
}

const noKeys = (file: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `There is no keys file ${file}.`,
    hint: 'Make the first key in it, `terrace serve keys add NAME --keys FILE`, or correct the path.',
    facts: { file },
  });

function schedulerLimits(flags: ServeFlags): Partial<SchedulerLimits> {
  const { maxBatch, preferredBatch, maxQueueDelay, maxQueue = MAX_WAITING, queueTimeout, queueTimeoutAction } = flags;
  return {
    maxWaiting: maxQueue,
    ...(maxBatch !== undefined && { maxBatch }),
    ...(preferredBatch !== undefined && { preferredBatch }),
    ...(maxQueueDelay !== undefined && { maxDelayMs: maxQueueDelay }),
    ...(queueTimeout !== undefined && { maxWaitMs: queueTimeout }),
    ...(queueTimeoutAction && { whenOverdue: queueTimeoutAction }),
  };
}

const unguarded = (host: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `Other devices could reach the server at ${host}, and no keys say who may use it.`,
    hint: 'Make a key first (`terrace serve keys add NAME`), or say --allow-public if everybody may.',
    facts: { host },
  });

import type { Catalog, Clock } from '@terrace/core';
import type { FastifyInstance } from 'fastify';
import type { Access } from './access.js';
import type { AskedForText, AskedRuntime, ServerContext, ServerLimits } from './server-context.js';
import type { LogOptions } from './server-logger.js';
import type { Gauges } from './server-metrics.js';

/** Adds the routes of one interface. */
export type Routes = (app: FastifyInstance, context: ServerContext) => void;

/** What a server is made of; `terrace serve` fills it from its flags. */
export interface ServerOptions
  extends Pick<ServerContext, 'queued' | 'recordFeedback' | 'forward'>, Partial<Omit<Gauges, 'inFlight'>> {
  readonly runtime: AskedRuntime;
  /** Whether that has a cache, which requests can say something of. */
  readonly isCached?: boolean | undefined;
  /** Collections of documents whose passages requests may ask for; none without it. */
  readonly sharedCollections?: readonly string[] | undefined;
  /** What generates text; without it no name stands for any. */
  readonly text?: AskedForText | undefined;
  readonly catalog: () => Catalog;
  /** Whether a file of the catalog is here or can be fetched; all are here without it. */
  readonly presence?: ServerContext['presence'] | undefined;
  readonly clock: Clock;
  readonly routes: readonly Routes[];
  /** An address of this host. */
  readonly host?: string;
  /** 0 takes one that is free. */
  readonly port?: number;
  readonly limits?: Partial<ServerLimits> | undefined;
  /** Who may send requests; without one everybody, and keys that are sent are ignored. */
  readonly door?: { admit(authorization: string | undefined): Access } | undefined;
  /** PEM files' content. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined;
  /** Web pages of these origins may send requests; no others. */
  readonly corsOrigins?: readonly string[] | undefined;
  readonly log?: Partial<LogOptions> | undefined;
  /** Whether the first model can run; a server without one is ready from the start. */
  readonly ready?: (() => boolean) | undefined;
  /** How long requests under way may still take once the server is closed. */
  readonly drainMs?: number | undefined;
}

/** A server that is ready to listen. */
export interface RunningServer {
  readonly app: FastifyInstance;
  /** @throws StorageError, InvalidRequestError when the address cannot be listened on */
  listen(): Promise<{ readonly url: string }>;
  /** Takes no more connections, answers what has come, and resolves when the last connection is closed. */
  close(): Promise<void>;
}

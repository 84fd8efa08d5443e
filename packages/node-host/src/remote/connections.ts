import type { Socket } from 'node:net';
import { buildConnector, Client, errors } from 'undici';

/** A host that does not take a connection within this is not there. */
const CONNECT_TIMEOUT_MS = 5_000;
/** The longest that any endpoint may be given; the signal of a request ends it sooner. */
const LONGEST_MS = 3_600_000;

/** A connection that belongs to one request at a time. */
export interface Connection {
  readonly client: Client;
  /** For the next one. */
  giveBack(): void;
  /** Closes it, whatever is on it. */
  destroy(reason: Error): void;
}

/** Connections to one host. */
export interface Connections {
  /**
   * @param onReady called at once where a connection is free, else when one is given back
   * @returns what takes the wish back, as long as it is not granted
   */
  take(onReady: (connection: Connection) => void, onClosed: (error: Error) => void): () => void;
  destroy(): Promise<void>;
}

/**
 * Undici's pool would do, but for one thing: it answers an abort by opening a connection that nobody asked for. Here a
 * connection whose request was given up is gone, and so is one that is still in the making.
 * @param limit connections at a time; further requests wait
 */
export function createConnections(origin: string, limit: number): Connections {
  const connector = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
  /** The one that was used last is the likeliest to be open still. */
  const idle: Connection[] = [];
  const all = new Set<Connection>();
  const waiting = new Set<{ onReady: (connection: Connection) => void; onClosed: (error: Error) => void }>();

  const open = (): Connection => {
    let inTheMaking: Socket | undefined;
    const connect: buildConnector.connector = (options, callback) => {
      // It returns the socket, which its types do not tell.
      inTheMaking = connector(options, (...outcome) => {
        inTheMaking = undefined;
        callback(...outcome);
      }) as unknown as Socket | undefined;
    };
    const client = new Client(origin, { connect, headersTimeout: LONGEST_MS, bodyTimeout: LONGEST_MS });
    const connection: Connection = {
      client,
      giveBack() {
        if (!all.has(connection)) return;
        const [next] = waiting;
        if (!next) return void idle.push(connection);
        waiting.delete(next);
        next.onReady(connection);
      },
      destroy(reason) {
        if (!all.delete(connection)) return;
        void client.destroy(reason);
        inTheMaking?.destroy(reason);
        const [next] = waiting;
        if (next && waiting.delete(next)) next.onReady(open());
      },
    };
    all.add(connection);
    return connection;
  };

  return {
    take(onReady, onClosed) {
      const free = idle.pop() ?? (all.size < limit ? open() : undefined);
      if (free) {
        onReady(free);
        return () => undefined;
      }
      const wish = { onReady, onClosed };
      waiting.add(wish);
      return () => void waiting.delete(wish);
    },
    async destroy() {
      const [connections, wishes] = [[...all], [...waiting]];
      waiting.clear();
      idle.length = 0;
      for (const { onClosed } of wishes) onClosed(new errors.ClientDestroyedError());
      for (const connection of connections) connection.destroy(new errors.ClientDestroyedError());
      await Promise.all(connections.map(({ client }) => client.destroy()));
    },
  };
}

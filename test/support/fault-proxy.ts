import { Agent, createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Exchange, type Arrival } from './exchange.js';
import { answer } from './fault-answers.js';
import { DEFAULT_FAULTS, delayOf, faultOf, FAULTS, seeded, type Delay, type Fault, type FaultPlan } from './faults.js';

interface FaultCounts {
  readonly connections: number;
  readonly openConnections: number;
  readonly requests: number;
  /** Answered to the end, rightly or wrongly. */
  readonly answered: number;
  /** The client closed its socket before the answer was complete. */
  readonly cancelled: number;
  /** The real server could not be reached, or broke off. */
  readonly upstreamFailed: number;
  /** Bytes that clients sent, headers included. */
  readonly sentUpBytes: number;
  /** Bytes that went to clients, headers included. */
  readonly sentDownBytes: number;
  readonly faults: Readonly<Record<Fault, number>>;
  /** Requests at the other host that redirects point to, and how many of them came with a key. */
  readonly redirected: { readonly requests: number; readonly withKey: number };
}

export interface FaultProxy {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** As of now. */
  readonly counts: FaultCounts;
  /** Changes what the plan names, from the next request on; rates are replaced as a whole. */
  setFaults(plan: FaultPlan): void;
  /** While on, connections are accepted and nothing arrives, not even what is under way. */
  blackHole(on: boolean): void;
  /** One way, for both ways. */
  delayMs(delay: Delay): void;
  /** Refuses connections and ends those there are, as a server that is switched off. */
  down(): Promise<void>;
  /** Listens at the same port again. */
  up(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Stands between clients and an HTTP server on loopback, keeps connections alive, and does what networks do.
 * @param target address or port of the server
 * @param seed the n-th request meets the same fault in every run
 * @param onArrival told of every request that is not lost on the way, whatever fault it meets
 */
export async function startFaultProxy({
  target,
  seed = 1,
  plan = {},
  onArrival,
}: {
  target: URL | string | number;
  seed?: number;
  plan?: FaultPlan;
  onArrival?: (arrival: Arrival) => void;
}): Promise<FaultProxy> {
  let settings = { ...DEFAULT_FAULTS, ...plan };
  faultOf(settings.rates, 0);
  let dark = false;
  const drawFault = seeded(seed);
  const drawDelay = seeded(seed + 1);
  const agent = new Agent({ keepAlive: true });
  const link = {
    target: typeof target === 'number' ? new URL(`http://127.0.0.1:${target}`) : new URL(target),
    agent,
    delayMs: () => delayOf(settings.delayMs, drawDelay),
    isDark: () => dark,
    onArrival,
  };
  const other = await startOtherHost();
  const sockets = new Set<Socket>();
  const exchanges = new Set<Exchange>();
  const faults = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  const total = {
    connections: 0,
    requests: 0,
    upstreamFailed: 0,
    answered: 0,
    cancelled: 0,
    broken: 0,
    up: 0,
    down: 0,
  };

  // No time-outs of its own: only the plan decides when something ends.
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
    total.requests += 1;
    const draw = drawFault();
    const meets = settings.paths?.test(request.url ?? '/') ?? true;
    const fault = meets ? faultOf(settings.rates, draw) : undefined;
    if (fault !== undefined) faults[fault] += 1;
    const exchange = new Exchange(request, response, link, () => {
      exchanges.delete(exchange);
      if (exchange.end !== undefined) total[exchange.end] += 1;
    });
    exchanges.add(exchange);
    answer(exchange, fault, settings, other.url).catch(() => {
      if (exchange.end !== undefined || request.socket.destroyed) return;
      total.upstreamFailed += 1;
      exchange.end = 'broken';
      response.destroy();
    });
  });
  server.on('connection', (socket) => {
    total.connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => {
      sockets.delete(socket);
      total.up += socket.bytesRead;
      total.down += socket.bytesWritten;
    });
  });
  const port = await listen(server, '127.0.0.1', 0);
  const down = async (): Promise<void> => {
    for (const exchange of exchanges) exchange.end ??= 'broken';
    await shut(server);
  };

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get counts() {
      const open = [...sockets];
      const { connections, requests, answered, cancelled, upstreamFailed } = total;
      return {
        connections,
        openConnections: open.length,
        requests,
        answered,
        cancelled,
        upstreamFailed,
        sentUpBytes: open.reduce((sum, { bytesRead }) => sum + bytesRead, total.up),
        sentDownBytes: open.reduce((sum, { bytesWritten }) => sum + bytesWritten, total.down),
        faults: { ...faults },
        redirected: { ...other.counts },
      };
    },
    setFaults(changed) {
      faultOf(changed.rates ?? {}, 0);
      settings = { ...settings, ...changed };
    },
    blackHole: (on) => void (dark = on),
    delayMs: (delay) => void (settings = { ...settings, delayMs: delay }),
    down,
    up: async () => void (await listen(server, '127.0.0.1', port)),
    async close() {
      await Promise.all([server.listening ? down() : undefined, other.close()]);
      agent.destroy();
    },
  };
}

/** Where redirects lead: nobody should come, and never with a key. */
async function startOtherHost() {
  const counts = { requests: 0, withKey: 0 };
  const server = createServer(({ headers }, response) => {
    counts.requests += 1;
    if (headers.authorization !== undefined || headers['x-api-key'] !== undefined) counts.withKey += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  // The name is another host than 127.0.0.1 to everyone who compares hosts.
  const port = await listen(server, 'localhost', 0);
  return { url: `http://localhost:${port}/`, counts, close: () => shut(server) };
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

async function shut(server: Server): Promise<void> {
  const closed = new Promise((resolve) => void server.close(resolve));
  server.closeAllConnections();
  await closed;
}

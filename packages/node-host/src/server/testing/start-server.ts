import { connect, type Socket } from 'node:net';
import { exampleCatalog } from '@terrace/core/testing';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../system-clock.js';
import { createServer } from '../create-server.js';
import { feedbackRoutes } from '../native/feedback-routes.js';
import { inferRoutes } from '../native/infer-routes.js';
import type { RunningServer, ServerOptions } from '../server-options.js';
import { createFakeRuntime, type FakeRuntime } from './fake-runtime.js';

export interface ServerUnderTest extends FakeRuntime {
  readonly server: RunningServer;
  readonly app: RunningServer['app'];
  /** Lines of the log. */
  readonly logged: string[];
  /** Listens, and gives the address. */
  listen(): Promise<{ readonly url: string; readonly port: number }>;
}

/** A server over a fake runtime with the native routes; it is closed when the test is over. */
export async function startServer(options: Partial<ServerOptions> = {}): Promise<ServerUnderTest> {
  const fake = createFakeRuntime();
  const catalog = exampleCatalog();
  const logged: string[] = [];
  const server = await createServer({
    runtime: fake.runtime,
    catalog: () => catalog,
    clock: systemClock,
    routes: [inferRoutes, feedbackRoutes],
    port: 0,
    drainMs: 2000,
    ...options,
    log: { level: 'info', ...options.log, stream: { write: (line) => void logged.push(line) } },
  });
  onTestFinished(() => server.close());
  return Object.assign(fake, {
    server,
    app: server.app,
    logged,
    async listen() {
      const { url } = await server.listen();
      return { url, port: Number(new URL(url).port) };
    },
  });
}

/** A connection on which anything can be written; `read` gives what comes until it is closed. */
export function openSocket(port: number): { readonly socket: Socket; readonly read: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1');
  const read = new Promise<string>((resolve) => {
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
  onTestFinished(() => void socket.destroy());
  return { socket, read };
}

/** A promise that is settled from outside. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

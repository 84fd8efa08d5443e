import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 20_000;
const LOOK_EVERY_MS = 50;

export interface PortkeyGateway {
  /** Without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * The gateway adds headers to what `fetch` gave it, which the standard forbids and newer releases of the HTTP library
 * beneath it no longer gloss over (Portkey-AI/gateway#1389): without this it fails on streams and embeddings.
 */
const MUTABLE_HEADERS = `
const { fetch } = globalThis;
globalThis.fetch = async (...ask) => {
  const { body, status, statusText, headers } = await fetch(...ask);
  return new Response(body, { status, statusText, headers });
};`;

/** Portkey's gateway in a process of its own, with nothing of this environment but what it needs. */
export async function startPortkey(): Promise<PortkeyGateway> {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('@portkey-ai/gateway/package.json');
  const program = path.join(path.dirname(manifest), 'build', 'start-server.js');
  const port = await freePort();
  const preload = `data:text/javascript,${encodeURIComponent(MUTABLE_HEADERS)}`;
  const child = spawn(process.execPath, ['--import', preload, program, `--port=${port}`, '--headless'], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  for (const untilMs = Date.now() + START_MS; ;) {
    if (child.exitCode !== null) throw new Error(`Portkey's gateway ended: ${stderr}`);
    if (await answers(url)) return { url, stop };
    if (Date.now() > untilMs) {
      await stop();
      throw new Error(`Portkey's gateway does not answer: ${stderr}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

/** It takes no port of the system's choice, so one is tried out and given back. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

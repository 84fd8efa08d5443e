import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startChild, type ChildServer } from './child-server.js';

/** The program as a user starts it. */
export const TERRACE = fileURLToPath(new URL('../../packages/node-host/bin/terrace.js', import.meta.url));

/** Runs a command to its end. @throws when it fails, with what it printed */
export async function terrace(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [TERRACE, ...args], { maxBuffer: 2 ** 24 });
  return stdout;
}

/** A server with a state folder of its own, at a port that is free. */
export const startServe = (home: string): Promise<ChildServer> =>
  startChild([TERRACE, 'serve', '--home', home, '--port', '0', '--json', '--log-level', 'silent']);

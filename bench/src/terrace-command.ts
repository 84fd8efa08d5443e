import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The program as a user starts it. */
export const TERRACE = fileURLToPath(new URL('../../packages/node-host/bin/terrace.js', import.meta.url));

/** Runs a command to its end. @throws when it fails, with what it printed */
export async function terrace(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [TERRACE, ...args], { maxBuffer: 2 ** 24 });
  return stdout;
}

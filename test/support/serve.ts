import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { COMMAND, SHIPPED } from './run-cli.js';

/** Most tests ask the same again to see it answered again: what the cache does has tests of its own. */
const COMPUTED = { TERRACE_CACHE: 'off' };

/** `terrace serve` in a process of its own. */
export interface ServeProcess {
  readonly process: ChildProcess;
  readonly url: string;
  /** What it has written to standard error. */
  log(): string;
}

/** Starts it on a free port and waits until it listens; it is killed when the test is over. */
export async function serve(home: string, ...flags: readonly string[]): Promise<ServeProcess> {
  const started = await startServe(home, flags);
  onTestFinished(() => void started.process.kill('SIGKILL'));
  return started;
}

/**
 * Starts it and waits until it listens; whoever starts it ends it.
 * @param flags a free port unless they name one
 * @param env environment variables beside those that every command here gets
 */
export async function startServe(
  home: string,
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ServeProcess> {
  const args = [COMMAND, 'serve', '--json', '--port', '0', ...flags];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], TERRACE_HOME: home, TERRACE_MODELS_FOLDER: SHIPPED, ...COMPUTED, ...env },
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => undefined);
  const line = await Promise.race([once(lines, 'line') as Promise<[string]>, ended]);
  if (!line) throw new Error(`terrace serve ended before it listened: ${log}`);
  return { process: child, url: (JSON.parse(line[0]) as { url: string }).url, log: () => log };
}

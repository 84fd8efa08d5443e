import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { COMMAND, SHIPPED } from './run-cli.js';

/** `terrace serve` in a process of its own. */
export interface ServeProcess {
  readonly process: ChildProcess;
  readonly url: string;
  /** What it has written to standard error. */
  log(): string;
}

/** Starts it on a free port and waits until it listens; it is killed when the test is over. */
export async function serve(home: string, ...flags: readonly string[]): Promise<ServeProcess> {
  const env = { PATH: process.env['PATH'], TERRACE_HOME: home, TERRACE_MODELS_FOLDER: SHIPPED };
  const args = [COMMAND, 'serve', '--json', '--port', '0', ...flags];
  const child = spawn(process.execPath, args, { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => undefined);
  const line = await Promise.race([once(lines, 'line') as Promise<[string]>, ended]);
  if (!line) throw new Error(`terrace serve ended before it listened: ${log}`);
  return { process: child, url: (JSON.parse(line[0]) as { url: string }).url, log: () => log };
}

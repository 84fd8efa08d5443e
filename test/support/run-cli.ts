import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The program itself. */
export const COMMAND = path.join(ROOT, 'packages/node-host/bin/terrace.js');

/** The models of this repository. */
export const SHIPPED = path.join(ROOT, 'models');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What `--json` printed. */
  json<T>(): T;
}

export interface Surroundings {
  readonly home: string;
  readonly models?: string;
  readonly cwd?: string;
  /** What comes on standard input, in these chunks. */
  readonly input?: Readable;
  /** Environment variables beside those that every command here gets. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the real command in a process of its own, with nothing of this environment but what it needs. */
export function terrace(
  args: readonly string[],
  { home, models = SHIPPED, cwd = home, input, env: more }: Surroundings,
): Promise<Outcome> {
  const env = { PATH: process.env['PATH'], TERRACE_HOME: home, TERRACE_MODELS_FOLDER: models, ...more };
  const child = spawn(process.execPath, [COMMAND, ...args], { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  // The command may end without reading all of it.
  child.stdin.on('error', () => undefined);
  if (input) input.pipe(child.stdin);
  else child.stdin.end();
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr, json: <T>() => JSON.parse(stdout) as T }));
  });
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of the shipped models that a test may damage. */
export function copyOfModels(): string {
  const folder = path.join(temporaryFolder(), 'models');
  for (const name of ['catalog.json', 'encoders', 'deltas', 'text']) {
    cpSync(path.join(SHIPPED, name), path.join(folder, name), { recursive: true });
  }
  return folder;
}

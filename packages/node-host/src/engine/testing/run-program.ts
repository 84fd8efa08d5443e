import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { shippedModel } from './shipped-model.js';

/** The library as it is published; a program of its own can import nothing else. */
const LIBRARY = new URL('../../../dist/index.js', import.meta.url).href;
/** Far beyond what it takes: a program that does not end is ended by this, and the test fails. */
export const HANGS_MS = 15_000;

/** Runs a program that has an engine and the variant `small` for a worker, and tells how it ended. */
export async function runProgram(body: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { model } = await shippedModel('small', 'int8', 2);
  const source = `
    import { createNodeEngine } from '${LIBRARY}';
    const engine = createNodeEngine();
    const model = ${JSON.stringify(model)};
    const input = { task: 'feature-extraction', text: 'freeze my account', deltaId: undefined };
    ${body}
  `;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-exit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'program.mjs');
  writeFileSync(file, source);
  const child = spawn(process.execPath, ['--expose-gc', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), HANGS_MS);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(tooLong);
  return { code, stdout: stdout.trim(), stderr };
}

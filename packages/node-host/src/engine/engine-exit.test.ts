import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { shippedModel } from './testing/shipped-model.js';

/** The library as it is published; a program of its own can import nothing else. */
const LIBRARY = new URL('../../dist/index.js', import.meta.url).href;
/** Far beyond what it takes: a program that does not end is ended by this, and the test fails. */
const HANGS_MS = 15_000;

/** Runs a program that has an engine with `small` in a worker, and tells how it ended. */
async function program(body: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { model } = await shippedModel('small', 'int8', 2);
  const source = `
    import { createNodeEngine } from '${LIBRARY}';
    const engine = createNodeEngine();
    const session = await engine.load(${JSON.stringify(model)});
    const input = { task: 'feature-extraction', text: 'freeze my account', deltaId: undefined };
    ${body}
  `;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-exit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'program.mjs');
  writeFileSync(file, source);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), HANGS_MS);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(tooLong);
  return { code, stdout: stdout.trim(), stderr };
}

// A program of its own starts, loads and runs in half a second; the limit is there to catch one that hangs.
const LIMIT = { timeout: HANGS_MS + 5_000 };

it('lets a program end by itself after close', LIMIT, async () => {
  const { code, stdout, stderr } = await program(`
    const { values } = await session.run(input);
    await engine.close();
    console.log(values.length);
  `);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '384', stderr: '' });
});

it('lets a program end by itself when its workers are idle, without close', LIMIT, async () => {
  const { code, stdout, stderr } = await program('console.log((await session.run(input)).values.length);');
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '384', stderr: '' });
});

it('keeps a program alive for an answer that is under way', LIMIT, async () => {
  const { code, stdout } = await program('session.run(input).then(({ values }) => console.log(values.length));');
  expect({ code, stdout }).toEqual({ code: 0, stdout: '384' });
});

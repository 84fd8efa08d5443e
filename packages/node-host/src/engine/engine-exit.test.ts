import { expect, it } from 'vitest';
import { HANGS_MS, runProgram } from './testing/run-program.js';

/** With `small` loaded in a worker. */
const program = (body: string) => runProgram(`const session = await engine.load(model);\n${body}`);

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

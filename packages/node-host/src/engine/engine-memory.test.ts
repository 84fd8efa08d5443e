import { expect, it } from 'vitest';
import { HANGS_MS, runProgram } from './testing/run-program.js';

it('FIELD-BUGS 8: resident memory stays flat over load and release cycles', { timeout: HANGS_MS + 5_000 }, async () => {
  const { code, stdout } = await runProgram(`
      const residentBytes = [];
      for (let cycle = 1; cycle <= 30; cycle++) {
        const session = await engine.load(model);
        for (let i = 0; i < 10; i++) await session.run({ ...input, text: 'freeze my account '.repeat(1 + (i % 4)) });
        await session.release();
        gc();
        residentBytes.push(process.memoryUsage.rss());
      }
      await engine.close();
      console.log(JSON.stringify(residentBytes.map((b) => Math.round(b / 2 ** 20))));
    `);
  expect(code).toBe(0);
  const [early, late] = JSON.parse(stdout) as [number, number];
  // Three times as much after ten cycles is what was reported (onnxruntime#25325).
  expect(late).toBeLessThan(1.25 * early);
});

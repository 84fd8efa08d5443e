// Vitest's global setup. Tests read packages from source, but worker threads and the CLI start from dist:
// build it first, or they would answer for yesterday's code.
import { spawnSync } from 'node:child_process';

export default function buildForTests() {
  // Whoever has just built says so.
  if (process.env.TERRACE_BUILT) return;
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'inherit', 'inherit'] });
  // tsc writes its output in spite of type errors, so tests can run; `npm run check` is what refuses them.
  if (status !== 0) console.warn('The build reports errors (above); tests go on with what it wrote.');
}

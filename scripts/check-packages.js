// Looks at every published package as its users will get it: publint for the manifest, attw for the types.
// Run by `npm run check`, which puts both tools on the path.
import { execFileSync } from 'node:child_process';

/** attw has nothing to say about a package without code, and would pack 55 MB of weights to find that out. */
const PACKAGES = [
  { folder: 'packages/core', typed: true },
  { folder: 'packages/node-host', typed: true },
  { folder: 'packages/browser-host', typed: true },
  { folder: 'models', typed: false },
];

/** @type {import('node:child_process').ExecFileSyncOptionsWithStringEncoding} */
const captured = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };

for (const { folder, typed } of PACKAGES) {
  report(`publint ${folder}`, () => execFileSync('publint', ['run', folder, '--strict'], captured));
  if (!typed) continue;
  report(`attw ${folder}`, () => execFileSync('attw', ['--pack', folder, '--profile', 'esm-only'], captured));
}

/**
 * Prints what a tool said only when it found something.
 * @param {string} title
 * @param {() => string} check
 */
function report(title, check) {
  try {
    check();
    console.log(`${title}: ok`);
  } catch (error) {
    const { stdout = '', stderr = '' } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    console.error(`${title}: failed\n${stdout}${stderr || error}`);
    process.exitCode = 1;
  }
}

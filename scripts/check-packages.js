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
  report(`files of ${folder}`, () => refuseTesting(folder));
  report(`attw ${folder}`, () => execFileSync('attw', ['--pack', folder, '--profile', 'esm-only'], captured));
}

/**
 * What only tests need is no part of a package, but for what it offers to tests of its users.
 * @param {string} folder
 */
function refuseTesting(folder) {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { ...captured, cwd: folder });
  /** @type {{ files: { path: string }[] }[]} */
  const packages = JSON.parse(packed);
  const stray = packages
    .flatMap(({ files }) => files)
    .filter(({ path }) => path.includes('/testing/') && !path.startsWith('dist/testing/'));
  if (stray.length > 0) throw new Error(stray.map(({ path }) => path).join('\n'));
}

/**
 * Prints what a tool said only when it found something.
 * @param {string} title
 * @param {() => unknown} check
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

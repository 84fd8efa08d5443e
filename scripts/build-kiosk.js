// Global setup of the tests of the kiosk, and before its size is checked: all look at one build, which is made anew when
// it is older than its sources.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @param {string} name */
const inRepository = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** What the page is built of. */
const SOURCES = [
  'examples/kiosk/build',
  'examples/kiosk/index.html',
  'examples/kiosk/package.json',
  'examples/kiosk/public',
  'examples/kiosk/src',
  'examples/kiosk/vite.config.ts',
  'models/catalog.json',
  'packages/browser-host/dist/bundle',
].map(inRepository);

/** Written when all else is there. */
const LAST_WRITTEN = inRepository('examples/kiosk/dist/offline.json');

export default function buildKiosk() {
  const builtMs = statSync(LAST_WRITTEN, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Math.max(...SOURCES.map(changedMs)) < builtMs) return;
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build', '--workspace=examples/kiosk'], {
    cwd: inRepository('.'),
    encoding: 'utf8',
    // As for visitors: Vite builds another page where NODE_ENV says that this is a test.
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
  if (status !== 0) throw new Error(`the kiosk cannot be built:\n${stdout}\n${stderr}`);
}

/**
 * When the newest of the files was written.
 * @param {string} place
 * @returns {number}
 */
function changedMs(place) {
  const found = statSync(place);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(0, ...readdirSync(place).map((name) => changedMs(`${place}/${name}`)));
}

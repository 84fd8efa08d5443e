import { configDefaults, defineConfig } from 'vitest/config';
import { BARE_FLAGS, CHROMIUM, HAS_CHROMIUM } from './test/support/chromium.js';
import { nodeProject } from './test/support/node-project.js';
import { pageProject } from './test/support/page-project.js';

const IN_CI = process.env.CI !== undefined;

/** Without a browser nobody can even tell the names of these tests; `npm run provision` says how to get one. */
function inPages() {
  if (HAS_CHROMIUM) {
    const include = 'packages/browser-host/src/**/*.browser.test.ts';
    return [
      pageProject({ name: 'browser', include, flags: BARE_FLAGS, timeoutMs: 20_000, groupOrder: 1, maxWorkers: 2 }),
    ];
  }
  console.warn(`There is no ${CHROMIUM}: tests that run in a page are left out.`);
  return [];
}

/** Modules keep nothing between files: one process serves many of them. */
const stateless = { isolate: false } as const;

/** These measure what their own process holds. */
const OF_MEMORY = 'packages/node-host/src/{engine/{engine-memory,many-deltas,peak-memory},server/sockets}.test.ts';

/** Whole commands, servers and pages: neither a clock, a port nor memory tells of what runs beside them. */
const WHOLE = 'test/*.test.ts';

/** The built kiosk, used as a visitor does. */
const KIOSK = 'test/kiosk-*.test.ts';

/** These read clocks, or count what happens in a time: one file at a time, after all others. */
const CLOCKS = 'test/{browser-long-tasks,durability,fault-proxy,field-bugs,remote-recovery,serve-drain}.test.ts';

/** They take longer beside others than by themselves. */
const beside = {
  ...stateless,
  testTimeout: 20_000,
  hookTimeout: 20_000,
  sequence: { groupOrder: 2 },
  retry: IN_CI ? 2 : 0,
} as const;
const alone = { maxWorkers: 1, sequence: { groupOrder: 3 }, retry: IN_CI ? 2 : 0 } as const;

export default defineConfig({
  test: {
    globalSetup: './scripts/build-for-tests.js',
    maxWorkers: 2,
    // Most modules are in the tests of several projects: each is transformed once, and kept by what it holds.
    experimental: { fsModuleCache: true, fsModuleCachePath: 'node_modules/.cache/vitest' },
    projects: [
      nodeProject('core', 'packages/core/src/**/*.test.ts', stateless),
      nodeProject('node-host', 'packages/node-host/src/**/*.test.ts', {
        ...stateless,
        exclude: [...configDefaults.exclude, OF_MEMORY],
      }),
      nodeProject('node-host-memory', OF_MEMORY),
      nodeProject('browser-host', 'packages/browser-host/src/**/!(*.browser|*.webgpu).test.ts', stateless),
      nodeProject('kiosk', 'examples/kiosk/src/**/*.test.ts', stateless),
      ...inPages(),
      nodeProject('kiosk-pages', KIOSK, { ...beside, globalSetup: './scripts/build-kiosk.js' }),
      nodeProject('test', WHOLE, { ...beside, exclude: [...configDefaults.exclude, KIOSK, CLOCKS] }),
      nodeProject('test-alone', CLOCKS, alone),
    ],
  },
});

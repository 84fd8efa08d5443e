import { defineConfig } from 'vitest/config';
import { BARE_FLAGS, CHROMIUM, HAS_CHROMIUM } from './test/support/chromium.js';
import { nodeProject } from './test/support/node-project.js';
import { pageProject } from './test/support/page-project.js';

const IN_CI = process.env.CI !== undefined;

/** Without a browser nobody can even tell the names of these tests; `npm run provision` says how to get one. */
function inPages() {
  if (HAS_CHROMIUM) {
    const include = 'packages/browser-host/src/**/*.browser.test.ts';
    return [pageProject({ name: 'browser', include, flags: BARE_FLAGS, timeoutMs: 20_000, groupOrder: 1 })];
  }
  console.warn(`There is no ${CHROMIUM}: tests that run in a page are left out.`);
  return [];
}

/** These start processes and read clocks: one file at a time, after the unit tests. */
const alone = { maxWorkers: 1, sequence: { groupOrder: 3 }, retry: IN_CI ? 1 : 0 } as const;

export default defineConfig({
  test: {
    globalSetup: './scripts/build-for-tests.js',
    maxWorkers: 2,
    projects: [
      nodeProject('core', 'packages/core/src/**/*.test.ts'),
      nodeProject('node-host', 'packages/node-host/src/**/*.test.ts'),
      nodeProject('browser-host', 'packages/browser-host/src/**/!(*.browser|*.webgpu).test.ts'),
      ...inPages(),
      nodeProject('test', 'test/**/*.test.ts', alone),
      nodeProject('bench', 'bench/src/**/*.test.ts', alone),
    ],
  },
});

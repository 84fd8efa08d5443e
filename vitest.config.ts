import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BARE_FLAGS, CHROMIUM, HAS_CHROMIUM, WEBGPU_FLAGS } from './test/support/chromium.js';
import { fetchServerCommands } from './test/support/fetch-server-commands.js';
import { scriptedFiles } from './test/support/scripted-files.js';
import { serveBundle } from './test/support/serve-bundle.js';

const IN_CI = process.env.CI !== undefined;

/** Workspace packages are read from `src`, so that a test never runs against a stale build; then Vite's own defaults. */
const conditions = ['@terrace/source', 'module', 'node', 'development|production'];

function project(name: string, include: string, test: TestProjectInlineConfiguration['test'] = {}) {
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      include: [include],
      // Native addons (onnxruntime, libsql) share state between threads of a process; forks do not.
      pool: 'forks',
      testTimeout: 5_000,
      hookTimeout: 10_000,
      ...test,
    },
  } satisfies TestProjectInlineConfiguration;
}

interface PageTests {
  readonly name: string;
  readonly include: string;
  readonly flags: readonly string[];
  readonly timeoutMs: number;
  readonly groupOrder: number;
}

/** Tests that run inside a page of Debian's Chromium. The shipped models are served at the root of its origin. */
function browserProject({ name, include, flags, timeoutMs, groupOrder }: PageTests) {
  return {
    resolve: { conditions: ['@terrace/source', 'module', 'browser', 'development|production'] },
    publicDir: fileURLToPath(new URL('models', import.meta.url)),
    plugins: [serveBundle(), scriptedFiles()],
    // Workers are found while a test runs; a dependency that only they have would make Vite load the page anew.
    optimizeDeps: { entries: ['packages/browser-host/src/**/*.ts'] },
    test: {
      name,
      include: [include],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      sequence: { groupOrder },
      // Browser, server and test share two cores with whatever else the machine does.
      retry: IN_CI ? 1 : 0,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        commands: fetchServerCommands(),
        provider: playwright({ launchOptions: { executablePath: CHROMIUM, args: [...flags] } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  } satisfies TestProjectInlineConfiguration;
}

/** Without a browser nobody can even tell the names of these tests; `npm run provision` says how to get one. */
function inPages() {
  if (!HAS_CHROMIUM) {
    console.warn(`There is no ${CHROMIUM}: tests that run in a page are left out.`);
    return [];
  }
  return [
    browserProject({
      name: 'browser',
      include: 'packages/browser-host/src/**/*.browser.test.ts',
      flags: BARE_FLAGS,
      timeoutMs: 20_000,
      groupOrder: 1,
    }),
    // By itself: SwiftShader takes every core there is.
    browserProject({
      name: 'browser-webgpu',
      include: 'packages/browser-host/src/**/*.webgpu.test.ts',
      flags: WEBGPU_FLAGS,
      timeoutMs: 120_000,
      groupOrder: 2,
    }),
  ];
}

/** These start processes and read clocks: one file at a time, after the unit tests. */
const alone = { maxWorkers: 1, sequence: { groupOrder: 3 }, retry: IN_CI ? 1 : 0 } as const;

export default defineConfig({
  test: {
    globalSetup: './scripts/build-for-tests.js',
    maxWorkers: 2,
    projects: [
      project('core', 'packages/core/src/**/*.test.ts'),
      project('node-host', 'packages/node-host/src/**/*.test.ts'),
      project('browser-host', 'packages/browser-host/src/**/!(*.browser|*.webgpu).test.ts'),
      ...inPages(),
      project('test', 'test/**/*.test.ts', alone),
      project('bench', 'bench/src/**/*.test.ts', alone),
    ],
  },
});

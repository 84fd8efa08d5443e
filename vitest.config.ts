import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

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

/** These start processes and read clocks: one file at a time, after the unit tests. */
const alone = { maxWorkers: 1, sequence: { groupOrder: 1 } } as const;

export default defineConfig({
  test: {
    globalSetup: './scripts/build-for-tests.js',
    maxWorkers: 2,
    projects: [
      project('core', 'packages/core/src/**/*.test.ts'),
      project('node-host', 'packages/node-host/src/**/*.test.ts'),
      project('browser-host', 'packages/browser-host/src/**/*.test.ts'),
      project('test', 'test/**/*.test.ts', alone),
      project('bench', 'bench/src/**/*.test.ts', alone),
    ],
  },
});

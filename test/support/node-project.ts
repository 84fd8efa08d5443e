import type { TestProjectInlineConfiguration } from 'vitest/config';

/** Workspace packages are read from `src`, so that a test never runs against a stale build; then Vite's own defaults. */
const conditions = ['@terrace/source', 'module', 'node', 'development|production'];

/** Tests that run in Node. */
export function nodeProject(name: string, include: string, test: TestProjectInlineConfiguration['test'] = {}) {
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
      // Where others share the cores a limit in time may be missed once.
      retry: process.env.CI === undefined ? 0 : 1,
      ...test,
    },
  } satisfies TestProjectInlineConfiguration;
}

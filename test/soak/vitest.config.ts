import { defineConfig } from 'vitest/config';

const conditions = ['@terrace/source', 'module', 'node', 'development|production'];

/** Hours of work in processes that are killed: not part of the tests, run by `npm run soak`. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    root: new URL('../..', import.meta.url).pathname,
    globalSetup: './scripts/build-for-tests.js',
    include: ['test/soak/*.soak.ts'],
    pool: 'forks',
    testTimeout: 2 * 60 * 60_000,
  },
});

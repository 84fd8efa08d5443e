import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import type { TestProjectInlineConfiguration } from 'vitest/config';
import { STARTED_CHROMIUM } from './chromium.js';
import { fetchServerCommands } from './fetch-server-commands.js';
import { scriptedFiles } from './scripted-files.js';
import { serveBundle } from './serve-bundle.js';

const { exports: core } = JSON.parse(
  readFileSync(new URL('../../packages/core/package.json', import.meta.url), 'utf8'),
) as { readonly exports: object };

/**
 * A page and each of its workers would ask for hundreds of modules of the core, one by one: they are few files instead,
 * made anew before each run.
 */
const CORE = Object.keys(core).map((name) => path.posix.join('@terrace/core', name));

/** Which tests, in what kind of Chromium. */
interface PageTests {
  readonly name: string;
  readonly include: string;
  readonly flags: readonly string[];
  readonly timeoutMs: number;
  readonly groupOrder: number;
  /** Files at a time, each in a profile of its own. */
  readonly maxWorkers: number;
}

/** Tests that run inside a page of Debian's Chromium. The shipped models are served at the root of its origin. */
export function pageProject({ name, include, flags, timeoutMs, groupOrder, maxWorkers }: PageTests) {
  return {
    resolve: { conditions: ['@terrace/source', 'module', 'browser', 'development|production'] },
    publicDir: fileURLToPath(new URL('../../models', import.meta.url)),
    plugins: [serveBundle(), scriptedFiles()],
    // Workers are found while a test runs; a dependency that only they have would make Vite load the page anew.
    optimizeDeps: { entries: ['packages/browser-host/src/**/*.ts'], include: CORE, force: true },
    test: {
      name,
      include: [include],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      sequence: { groupOrder },
      maxWorkers,
      // Browser, server and test share two cores with whatever else the machine does.
      retry: process.env.CI === undefined ? 0 : 2,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        commands: fetchServerCommands(),
        provider: playwright({ launchOptions: { executablePath: STARTED_CHROMIUM, args: [...flags] } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  } satisfies TestProjectInlineConfiguration;
}

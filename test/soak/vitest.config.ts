import { defineConfig } from 'vitest/config';
import { HAS_CHROMIUM, WEBGPU_FLAGS } from '../support/chromium.js';
import { nodeProject } from '../support/node-project.js';
import { pageProject } from '../support/page-project.js';

/** Minutes of a graphics processor that software computes, which takes every core and now and then its browser along. */
const onWebGpu = pageProject({
  name: 'browser-webgpu',
  include: 'packages/browser-host/src/**/*.webgpu.test.ts',
  flags: WEBGPU_FLAGS,
  timeoutMs: 120_000,
  groupOrder: 1,
  maxWorkers: 1,
});

/** Hours of work in processes that are killed. */
const killed = nodeProject('kill', 'test/soak/kill.soak.ts', {
  testTimeout: 2 * 60 * 60_000,
  sequence: { groupOrder: 2 },
});

/** Tests of `npm test` that kill processes at random moments, a few times there. */
const killedOften = nodeProject('kill-often', 'test/{budget,delta,deploy}-kill.test.ts', {
  env: { TERRACE_KILLS: '60' },
  sequence: { groupOrder: 2 },
});

/** A day of a kiosk's page, whose memory is looked at by itself. */
const day = nodeProject('day', 'test/soak/kiosk-day.soak.ts', {
  testTimeout: 60 * 60_000,
  sequence: { groupOrder: 3 },
});

/** What takes too long for `npm test`. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    globalSetup: './scripts/build-for-tests.js',
    projects: [...(HAS_CHROMIUM ? [onWebGpu] : []), killed, killedOften, day],
  },
});

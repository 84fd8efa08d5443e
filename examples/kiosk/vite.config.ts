import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { announce } from './build/announce.js';
import { CONTENT_SECURITY_POLICY, contentSecurityPolicy } from './build/content-security-policy.js';
import { models } from './build/models.js';
import { serviceWorker } from './build/service-worker.js';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** What a good host sends. None of it is needed: the page works from any static host, and under a sub-path. */
const headers = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

export default defineConfig({
  root: here('.'),
  base: './',
  // A file that is not there is not there: a page in its place would be taken for a model.
  appType: 'mpa',
  plugins: [contentSecurityPolicy(), models(here('../../models')), serviceWorker(), announce()],
  build: {
    target: 'es2022',
    // The policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  preview: { host: 'localhost', port: 8430, strictPort: true, headers },
});

import { cp } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

/** Puts the package's ready-made service worker beside the built page: one file that imports no other. */
export function serviceWorker(): Plugin {
  let target = '';
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved: ({ root, build }) => void (target = path.resolve(root, build.outDir, 'sw.js')),
    closeBundle: () => cp(fileURLToPath(new URL('sw.js', import.meta.resolve('@terrace/browser-host'))), target),
  };
}

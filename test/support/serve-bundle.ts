import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vitest/config';

const BUNDLE = fileURLToPath(new URL('../../packages/browser-host/dist/bundle', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Serves the built scripts at `/terrace/` as pages get them: Vitest rewrites the imports of all others, also in workers. */
export const serveBundle = (): Plugin => ({
  name: 'terrace:serve-bundle',
  configureServer({ middlewares }) {
    middlewares.use('/terrace', (request, response, next) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const file = path.join(BUNDLE, path.posix.normalize(pathname));
      const type = TYPES[path.extname(file)];
      if (type === undefined || !statSync(file, { throwIfNoEntry: false })?.isFile()) return next();
      response.setHeader('content-type', type);
      createReadStream(file).pipe(response);
    });
  },
});

import type { Plugin } from 'vite';

/** Says, beside the address, how to give the page a larger model to climb to. */
export const announce = (): Plugin => ({
  name: 'announce',
  configurePreviewServer: ({ config, httpServer }) => {
    httpServer.once('listening', () => {
      const origin = `http://localhost:${config.preview.port}`;
      console.log(`A site tier for it, in another terminal:\n  npx terrace serve --cors ${origin}\n`);
    });
  },
});

// Minifies the texts it is sent, one after another.
import { parentPort } from 'node:worker_threads';
import { minify } from 'terser';

/** An error is called by the name of its class. */
const ERRORS = /(Error|Failure)$/;
/** @type {import('terser').MinifyOptions} */
const TERSER = {
  module: true,
  // No getter of ours does anything but tell, and no function of ours is called with `new`.
  compress: {
    passes: 5,
    ecma: 2020,
    keep_classnames: ERRORS,
    pure_getters: true,
    unsafe_arrows: true,
    // Shorter, and larger compressed: `x===void 0` is found again where `void 0===x` is not.
    evaluate: false,
    lhs_constants: false,
    sequences: false,
  },
  mangle: { keep_classnames: ERRORS },
  format: { comments: false },
};

parentPort?.on('message', async (/** @type {string} */ text) => {
  const { code } = await minify(text, TERSER);
  parentPort?.postMessage(code ?? text);
});

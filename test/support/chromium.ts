import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Debian's Chromium, as `npm run provision` installs it. */
export const CHROMIUM = process.env.TERRACE_CHROMIUM ?? '/usr/bin/chromium';

/** Benchmarks measure the browser as it is. */
const IN_TESTS = process.env.VITEST !== undefined;

/** What is started: in tests without what its windows load for themselves. */
export const STARTED_CHROMIUM = IN_TESTS ? fileURLToPath(new URL('chromium.sh', import.meta.url)) : CHROMIUM;

/** Tests of a page are skipped without it. */
export const HAS_CHROMIUM = existsSync(CHROMIUM);

/**
 * V8 optimises what has run long of a WebAssembly module, in tests later than by itself: most pages of tests answer a few
 * requests and end before optimised code has paid for its making.
 */
const TIERING = IN_TESTS ? ['--js-flags=--wasm-tiering-budget=200000000'] : [];

/** Without a sandbox, as tests may run as root; in the page that changes nothing. */
const EVERYWHERE = ['--no-sandbox', ...TIERING];

/** `navigator.gpu` is there, and has no adapter: what headless Chromium and many kiosks show. */
export const BARE_FLAGS: readonly string[] = EVERYWHERE;

/** A WebGPU device computed by SwiftShader: correct, slow, and without shader-f16. */
export const WEBGPU_FLAGS: readonly string[] = [
  ...EVERYWHERE,
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--use-webgpu-adapter=swiftshader',
];

import { existsSync } from 'node:fs';

/** Debian's Chromium, as `npm run provision` installs it. */
export const CHROMIUM = process.env.TERRACE_CHROMIUM ?? '/usr/bin/chromium';

/** Tests of a page are skipped without it. */
export const HAS_CHROMIUM = existsSync(CHROMIUM);

/** Without a sandbox, as tests may run as root; in the page that changes nothing. */
const EVERYWHERE = ['--no-sandbox'];

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

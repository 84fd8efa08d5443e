import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Version of ONNX Runtime from its package's own manifest: loading the runtime to ask it would cost 50 ms. */
export function runtimeVersion(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
}

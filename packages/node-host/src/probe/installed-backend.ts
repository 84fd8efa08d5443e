import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What a backend that is not built into the runtime needs beside it. */
const LIBRARIES: readonly string[] = ['libonnxruntime_providers_shared.so', 'onnxruntime_providers_shared.dll'];

/**
 * Whether a listed backend can be tried at all. The package lists `cuda` on Linux and leaves its libraries to an install
 * script that most firewalls stop: asking for it then writes a page of native errors and fails.
 * @param binaries folders that may hold the libraries; those of onnxruntime-node by default
 */
export const isInstalled = (
  { bundled }: { readonly bundled: boolean },
  binaries: readonly string[] = nativeFolders(),
): boolean => bundled || binaries.some((folder) => LIBRARIES.some((name) => existsSync(join(folder, name))));

function nativeFolders(): string[] {
  try {
    const bin = join(dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')), 'bin');
    return readdirSync(bin).map((abi) => join(bin, abi, process.platform, process.arch));
  } catch {
    return [];
  }
}

import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { forbidTelemetry } from '../../engine/forbid-telemetry.js';
import { readJson } from '../../store/files/read-json.js';
import type { Check, Finding } from './doctor-context.js';

const PACKAGE = 'onnxruntime-node';

export const onnxRuntime: Check = {
  name: 'onnx runtime',
  async run() {
    try {
      forbidTelemetry();
      const { env } = await import('onnxruntime-node');
      const { node = 'unknown', common } = env.versions;
      return [judgeVersions(node, common)];
    } catch (error) {
      return [
        {
          name: 'onnx runtime',
          state: 'problem',
          found: `it does not load: ${error instanceof Error ? error.message : String(error)}`,
          fix: `Install again for this system (${process.platform} ${process.arch}): remove node_modules, then \`npm ci\`.`,
        },
      ];
    }
  },
};

/** The native part and the JavaScript part come in two packages, which must be of one release. */
export function judgeVersions(native: string, common: string): Finding {
  if (native === common) return { name: 'onnx runtime', state: 'ok', found: native };
  return {
    name: 'onnx runtime',
    state: 'problem',
    found: `onnxruntime-node is ${native} and onnxruntime-common is ${common}`,
    fix: 'Install both in the same version (npm "overrides"), then run `npm dedupe`.',
  };
}

/** Two native runtimes in one process crash, or answer with each other's state. */
export const oneRuntime: Check = {
  name: 'onnx copies',
  async run() {
    const copies = findCopies([import.meta.url, join(process.cwd(), 'package.json')]);
    const described = await Promise.all(copies.map(describeCopy));
    if (copies.length <= 1) return [{ name: 'onnx copies', state: 'ok', found: described[0] ?? 'none found by path' }];
    return [
      {
        name: 'onnx copies',
        state: 'warning',
        found: `${copies.length} copies can be loaded: ${described.join(', ')}`,
        fix: 'Align their versions with npm "overrides" and run `npm dedupe`: two in one process disturb each other.',
      },
    ];
  },
};

/**
 * Folders that the package resolves to, from each place itself and from the packages there that bring a copy of
 * their own.
 * @param places files or file URLs to resolve from
 */
export function findCopies(places: readonly string[]): string[] {
  const bringers = places.flatMap((place) =>
    ['@huggingface/transformers', '@xenova/transformers'].flatMap((name) => packageFolder(name, place) ?? []),
  );
  const from = [...places, ...bringers.map((folder) => join(folder, 'package.json'))];
  return [...new Set(from.flatMap((place) => packageFolder(PACKAGE, place) ?? []))];
}

/** By folder, as packages may hide their package.json from `require.resolve`. */
function packageFolder(name: string, place: string): string | undefined {
  const folders = createRequire(place).resolve.paths(name) ?? [];
  const found = folders.map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, 'package.json')));
  return found && realpathSync(found);
}

async function describeCopy(folder: string): Promise<string> {
  const { version } = (await readJson(join(folder, 'package.json'))) as { version?: string };
  return `${version ?? 'unknown'} in ${dirname(folder)}`;
}

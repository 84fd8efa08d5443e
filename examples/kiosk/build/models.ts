import { existsSync } from 'node:fs';
import { cp, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'vite';

/** The part of a catalog that says which files there are. */
interface CatalogFiles {
  readonly models: readonly {
    readonly variants: readonly {
      readonly providers: readonly string[];
      readonly weights: { readonly path: string };
    }[];
  }[];
}

/** Beside what the catalog names: who publishes models publishes their licences. */
const LICENCES = ['encoders/LICENSE', 'deltas/LICENSE'];
const IN_PAGES = ['wasm', 'webgpu'];

/** Puts catalog and models beside the built page: weights that no page can run stay away. @param folder with catalog.json */
export function models(folder: string): Plugin {
  let target = '';
  return {
    name: 'models',
    apply: 'build',
    configResolved: ({ root, build }) => void (target = path.resolve(root, build.outDir, 'models')),
    async closeBundle() {
      const catalog = await readFile(path.join(folder, 'catalog.json'), 'utf8');
      for (const file of ['catalog.json', ...LICENCES, ...filesOf(JSON.parse(catalog) as CatalogFiles)]) {
        // Of a model that generates text nothing but its hashes ships; whoever has it puts it beside the others.
        if (file.startsWith('text/') && !existsSync(path.join(folder, file))) continue;
        const copy = path.join(target, file);
        await mkdir(path.dirname(copy), { recursive: true });
        await cp(path.join(folder, file), copy);
      }
    },
  };
}

function filesOf(catalog: CatalogFiles): string[] {
  const elsewhere = catalog.models
    .flatMap(({ variants }) => variants)
    .filter(({ providers }) => !providers.some((provider) => IN_PAGES.includes(provider)))
    .map(({ weights }) => weights.path);
  return [...new Set(pathsIn(catalog))].filter((file) => !elsewhere.includes(file));
}

/** Every `path` of a file, wherever the catalog names it. */
function pathsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { path: own, sha256 } = value as { readonly path?: unknown; readonly sha256?: unknown };
  if (typeof own === 'string' && typeof sha256 === 'string') return [own];
  return Object.values(value).flatMap(pathsIn);
}

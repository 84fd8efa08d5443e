import type { FileRef } from './fields.js';
import type { Catalog } from './schema.js';

/** Every file a catalog names, once. Files of equal content at different paths are different files. */
export const filesOf = (catalog: Catalog): FileRef[] => [
  ...new Map(namedFilesOf(catalog).map((file) => [file.path, file])).values(),
];

/** Every file as often as a catalog names it. */
export function namedFilesOf({ models, deltas, domains }: Catalog): FileRef[] {
  const files = [
    ...models.flatMap(({ variants, tokenizer, tokenizerConfig, golden }) => [
      ...variants.map(({ weights }) => weights),
      tokenizer,
      tokenizerConfig,
      golden,
    ]),
    ...deltas.flatMap(({ head, adapter, adapterConfig }) => [head, adapter, adapterConfig]),
    ...domains.map(({ calibration }) => calibration),
  ];
  return files.filter((file) => file !== undefined);
}

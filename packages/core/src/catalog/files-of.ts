import type { FileRef } from './fields.js';
import type { Catalog } from './schema.js';

/** Every file a catalog names, once, those of text included. Files of equal content at different paths are different files. */
export const filesOf = (catalog: Catalog): FileRef[] => [
  ...new Map([...namedFilesOf(catalog), ...textFilesOf(catalog)].map((file) => [file.path, file])).values(),
];

/** Of what tiers that generate text have beside their weights. */
export function textFilesOf({ text }: Catalog): FileRef[] {
  if (!text) return [];
  return [...text.deltas.flatMap(({ adapter }) => adapter ?? []), ...text.calibrations.map(({ file }) => file)];
}

/** Every file of models, deltas and domains as often as a catalog names it. */
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

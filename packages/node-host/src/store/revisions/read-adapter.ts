import { InvalidDataError, InvalidRequestError, type DeltaManifest } from '@terrace/core';
import type { ImportedHead } from '@terrace/core/deltas';
import { z } from 'zod';
import { LIMITS, openSource, type SourceFolder } from '../add/source-folder.js';
import { readSourceJson } from '../add/source-text.js';
import { readWhole } from './pack-delta.js';

/** What lies in a folder that PEFT wrote, and beside it. */
export interface FoundAdapter {
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Undefined where there is none: then one has to be fitted. */
  readonly head: Extract<ImportedHead, { kind: 'given' }> | undefined;
  readonly outOfScopeLabel: string | null;
  readonly subDomains: DeltaManifest['subdomains'];
}

/** What a `delta.json` says of labels, whatever else is in it; `labels.json` is a list of them. */
const labelsSchema = z.union([
  z.looseObject({
    labels: z.array(z.string()),
    outOfScopeLabel: z.string().nullable().default(null),
    subdomains: z.record(z.string(), z.array(z.string())).default({}),
  }),
  z.array(z.string()).transform((labels) => ({ labels, outOfScopeLabel: null, subdomains: {} })),
]);

/** @throws InvalidRequestError, InvalidDataError, ArtifactMissingError, InvalidCatalogError */
export async function readAdapter(folder: string): Promise<FoundAdapter> {
  const source = await openSource(folder);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [name, maxBytes] of [
    ['adapter_config.json', LIMITS.manifest],
    ['adapter_model.safetensors', LIMITS.tensors],
  ] as const) {
    files.set(name, await readWhole(await source.require(name, maxBytes)));
  }
  requireJson(files.get('adapter_config.json')!, folder);
  const file = await source.find('head.safetensors', LIMITS.tensors);
  if (!file) return { files, head: undefined, outOfScopeLabel: null, subDomains: {} };
  const { labels, outOfScopeLabel, subdomains } = await readLabels(source, folder);
  return {
    files,
    head: { kind: 'given', file: await readWhole(file), labels },
    outOfScopeLabel,
    subDomains: subdomains,
  };
}

async function readLabels(source: SourceFolder, folder: string): Promise<z.infer<typeof labelsSchema>> {
  const file =
    (await source.find('delta.json', LIMITS.manifest)) ?? (await source.find('labels.json', LIMITS.manifest));
  if (!file) {
    throw new InvalidRequestError({
      message: `${folder} holds a head and does not say which labels its rows are.`,
      hint: 'Put the labels in order into labels.json beside it, as a list, or fit a head with --data FILE.',
      facts: { folder },
    });
  }
  const { data } = labelsSchema.safeParse(await readSourceJson(file));
  if (data) return data;
  throw new InvalidDataError({
    message: `${file.path} does not name labels.`,
    hint: 'Write a list of them in the order of the rows of the head: ["first", "second"].',
    facts: { file: file.path },
  });
}

function requireJson(bytes: Uint8Array, folder: string): void {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new InvalidDataError({
      message: `adapter_config.json in ${folder} is not JSON: ${(cause as Error).message}.`,
      hint: 'Take the file that PEFT wrote (`model.save_pretrained`).',
      facts: { folder },
      cause,
    });
  }
}

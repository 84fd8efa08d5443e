import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { InvalidCatalogError, parseFile } from '@terrace/core';
import type * as textCore from '@terrace/core/text';
import type { PromptTemplate, TextCatalog, TextDelta } from '@terrace/core/text';
import { contentId, describeFile } from '../files/content-id.js';
import { readJson } from '../files/read-json.js';
import { startHash } from '../files/start-hash.js';
import { TEMPLATE_MANIFEST, TEXT, TEXT_ADAPTER, TEXT_DELTA_MANIFEST, textDeltaPlace } from './text-delta-place.js';

/** What it is called wherever it lies: one a domain, and one for requests that name none. */
export const TEXT_CALIBRATION = 'text-calibration.json';

type Core = typeof textCore;

/**
 * What the files of a folder say of text beside its models; undefined where they say nothing.
 * @throws InvalidCatalogError, ArtifactMissingError
 */
export async function readText(root: string, files: readonly string[]): Promise<TextCatalog | undefined> {
  const below = files.filter((path) => relative(root, path).startsWith(join(TEXT, '')));
  const found = {
    templates: below.filter((path) => basename(path) === TEMPLATE_MANIFEST),
    deltas: below.filter((path) => basename(path) === TEXT_DELTA_MANIFEST),
    calibrations: files.filter((path) => basename(path) === TEXT_CALIBRATION),
  };
  if (Object.values(found).every(({ length }) => length === 0)) return undefined;
  const core = await import('@terrace/core/text');
  const [templates, deltas, calibrations] = await Promise.all([
    Promise.all(found.templates.map((path) => readTemplate(path, core))),
    Promise.all(found.deltas.map((path) => readDelta(root, path, core))),
    Promise.all(
      found.calibrations.map(async (path) => {
        const { domain } = core.readTextCalibration(await readFile(path));
        return { ...(domain !== undefined && { domain }), file: await describeFile(root, path) };
      }),
    ),
  ]);
  // One that several deltas brought is one.
  const once = [...new Map(templates.map((template) => [template.contentId, template])).values()];
  return { templates: once, deltas, calibrations };
}

async function readTemplate(path: string, core: Core): Promise<PromptTemplate> {
  const { value } = parseFile(core.templateManifestSchema, await readJson(path), TEMPLATE_MANIFEST);
  const { format: _, ...said } = value;
  return { contentId: core.promptTemplateId(value, startHash), ...said };
}

async function readDelta(root: string, path: string, core: Core): Promise<TextDelta> {
  const { value } = parseFile(core.textDeltaManifestSchema, await readJson(path), TEXT_DELTA_MANIFEST);
  const { format: _, ...said } = value;
  if (join(root, textDeltaPlace(value)) !== dirname(path)) throw misplaced(path, value);
  const beside = join(dirname(path), TEXT_ADAPTER);
  const hasAdapter = value.kind !== 'prompt' || existsSync(beside);
  const adapter = hasAdapter ? await describeFile(root, beside) : undefined;
  if (adapter && value.kind === 'prompt') throw needless(path, value.id);
  const self = await describeFile(root, path);
  const hashes = [self.sha256, ...(adapter ? [adapter.sha256] : [])];
  return { contentId: contentId(hashes.toSorted()), ...said, ...(adapter && { adapter }) };
}

const misplaced = (file: string, delta: Pick<TextDelta, 'domain' | 'id'>): InvalidCatalogError =>
  new InvalidCatalogError({
    message: `${file} describes the delta "${delta.id}" of "${delta.domain}".`,
    hint: `Move it to ${textDeltaPlace(delta)}/${TEXT_DELTA_MANIFEST}, or correct the id in it.`,
    facts: { file, delta: delta.id },
  });

const needless = (file: string, delta: string): InvalidCatalogError =>
  new InvalidCatalogError({
    message: `The delta "${delta}" is a template alone, and ${TEXT_ADAPTER} lies beside it.`,
    hint: `Remove that file, or say in ${file} what kind of delta it is.`,
    facts: { file, delta },
  });

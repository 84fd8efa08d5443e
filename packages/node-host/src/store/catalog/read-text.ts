import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { TextCatalog } from '@terrace/core/text';
import { describeFile } from '../files/content-id.js';

/** What it is called wherever it lies: one a domain, and one for requests that name none. */
export const TEXT_CALIBRATION = 'text-calibration.json';

/**
 * What the files of a folder say of text beside its models; undefined where they say nothing.
 * @throws InvalidCatalogError
 */
export async function readText(root: string, files: readonly string[]): Promise<TextCatalog | undefined> {
  const found = files.filter((path) => basename(path) === TEXT_CALIBRATION);
  if (found.length === 0) return undefined;
  const { readTextCalibration } = await import('@terrace/core/text');
  const calibrations = await Promise.all(
    found.map(async (path) => {
      const { domain } = readTextCalibration(await readFile(path));
      return { ...(domain !== undefined && { domain }), file: await describeFile(root, path) };
    }),
  );
  return { templates: [], deltas: [], calibrations };
}

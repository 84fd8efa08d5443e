import { filesOf, type Catalog } from '@terrace/core';
import { folderName } from '../files/folder-name.js';
import { contentId } from '../files/content-id.js';
import type { BundleManifest } from './bundle-format.js';

/** Where what a catalog names lies, in a bundle and in the folder of added models alike. */
export const modelFolder = (id: string): string => `models/${folderName(id)}`;
export const deltaFolder = ({ domain, base }: Catalog['deltas'][number]): string =>
  `deltas/${folderName(domain)}/${folderName(base.id)}`;

/**
 * Whether catalog and list of files of a manifest tell one story.
 * @returns what is wrong with it; undefined when nothing is
 */
export function manifestFault({ catalog, files }: BundleManifest): string | undefined {
  const { revision, ...content } = catalog;
  if (contentId(content) !== revision) return 'its catalog is not the one its revision names';
  if (catalog.endpoints) return 'it names endpoints, and a bundle brings none';
  const seen = new Set<string>();
  for (const { path } of files) {
    // Case does not tell files apart everywhere.
    const key = path.toLowerCase();
    if (seen.has(key)) return `it names ${path} twice`;
    seen.add(key);
  }
  const folders = new Set([...catalog.models.map(({ id }) => modelFolder(id)), ...catalog.deltas.map(deltaFolder)]);
  const calibrations = new Set(catalog.domains.map(({ calibration }) => calibration?.path));
  const isPlaced = (path: string): boolean =>
    calibrations.has(path) || folders.has(path.slice(0, path.lastIndexOf('/')));
  const stray = files.find(({ path }) => !isPlaced(path));
  if (stray) return `${stray.path} belongs to nothing in its catalog`;
  const byPath = new Map(files.map((file) => [file.path, file]));
  const lacking = filesOf(catalog).find(({ path, bytes, sha256 }) => {
    const file = byPath.get(path);
    return file?.bytes !== bytes || file.sha256 !== sha256;
  });
  return lacking && `its catalog needs ${lacking.path}, which is not among its files`;
}

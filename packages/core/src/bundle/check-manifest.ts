import { contentId } from '../catalog/content-id.js';
import { filesOf } from '../catalog/files-of.js';
import { inEnglish } from '../errors/in-english.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { StartHash } from '../ports/running-hash.js';
import { bundleManifestSchema, type BundleManifest } from './bundle-format.js';
import { deltaFolder, modelFolder } from './bundle-layout.js';

/**
 * Whether catalog and list of files of a manifest tell one story.
 * @returns what is wrong with it; undefined when nothing is
 */
export function manifestFault({ catalog, files }: BundleManifest, startHash: StartHash): string | undefined {
  const { revision, ...content } = catalog;
  if (contentId(content, startHash) !== revision) return 'its catalog is not the one its revision names';
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

/**
 * Whether what is to be written is what every reader takes.
 * @throws InvalidRequestError
 */
export function requireBundleable(manifest: BundleManifest): BundleManifest {
  const parsed = bundleManifestSchema.safeParse(manifest, { error: inEnglish });
  if (parsed.success) return manifest;
  const [issue] = parsed.error.issues;
  const path = issue?.path[0] === 'files' ? manifest.files[Number(issue.path[1])]?.path : undefined;
  throw new InvalidRequestError({
    message: `This cannot be put into a bundle: ${path ?? issue?.path.join('.') ?? 'it'} is not ${issue?.message ?? 'allowed'}.`,
    hint: 'Give the file a plain name in its model.json, and run `terrace models index` on the folder.',
    facts: { file: path },
  });
}

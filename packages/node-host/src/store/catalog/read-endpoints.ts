import { basename, dirname, join, relative } from 'node:path';
import { endpointManifestSchema, InvalidCatalogError, parseFile, type Endpoint } from '@terrace/core';
import { contentId } from '../files/content-id.js';
import { readJson } from '../files/read-json.js';
import { ENDPOINT_MANIFEST, endpointFile, ENDPOINTS } from './endpoint-place.js';

/**
 * The endpoints among the files of a folder of models, in the order of their ids.
 * @param paths absolute
 * @param warnings grows by what manifests hold and nobody knows
 * @throws InvalidCatalogError, ArtifactMissingError
 */
export async function readEndpoints(root: string, paths: readonly string[], warnings: string[]): Promise<Endpoint[]> {
  const manifests = paths.filter(
    (path) => basename(path) === ENDPOINT_MANIFEST && dirname(dirname(relative(root, path))) === ENDPOINTS,
  );
  const endpoints = await Promise.all(manifests.map((path) => readEndpoint(root, path, warnings)));
  return endpoints.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function readEndpoint(root: string, path: string, warnings: string[]): Promise<Endpoint> {
  const { value, warnings: unknown } = parseFile(endpointManifestSchema, await readJson(path), ENDPOINT_MANIFEST);
  warnings.push(...unknown.map((warning) => `${relative(root, path)}: ${warning}`));
  const { format: _, ...manifest } = value;
  if (join(root, endpointFile(value.id)) !== path) throw misplaced(path, value.id);
  return { contentId: contentId(value), ...manifest };
}

/** One place an id: two endpoints cannot have the same one, and it is known which file to remove. */
const misplaced = (file: string, id: string): InvalidCatalogError =>
  new InvalidCatalogError({
    message: `${file} describes the endpoint "${id}".`,
    hint: `Move it to ${endpointFile(id)}, or correct the id in it.`,
    facts: { file, endpoint: id },
  });

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ModelFolder } from '../store/catalog/model-folders.js';
import { textDeltaPlace } from '../store/catalog/text-delta-place.js';
import { endpointPlace } from '../store/catalog/endpoint-place.js';

/** Beside `catalog.json`, beside `delta.json`, and beside `endpoint.json`. */
export const CATALOG_SIGNATURE = 'catalog.sig.json';
export const DELTA_SIGNATURE = 'delta.sig.json';
const ENDPOINT_SIGNATURE = 'endpoint.sig.json';

/** Asked at every start: it reads nothing, and loads nothing of what verifies. */
export const hasSignatures = ({ path, catalog }: ModelFolder): boolean =>
  existsSync(join(path, CATALOG_SIGNATURE)) ||
  catalog.deltas.some(({ head }) => existsSync(join(path, dirname(head.path), DELTA_SIGNATURE))) ||
  (catalog.text?.deltas ?? []).some((delta) => existsSync(join(path, textDeltaPlace(delta), DELTA_SIGNATURE))) ||
  (catalog.endpoints ?? []).some(({ id }) => existsSync(join(path, endpointSignature(id))));

/** Of an endpoint, relative to the folder of the models. */
export const endpointSignature = (id: string): string => join(endpointPlace(id), ENDPOINT_SIGNATURE);

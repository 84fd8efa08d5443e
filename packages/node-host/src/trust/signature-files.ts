import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ModelFolder } from '../store/catalog/model-folders.js';

/** Beside `catalog.json`, and beside `delta.json`. */
export const CATALOG_SIGNATURE = 'catalog.sig.json';
export const DELTA_SIGNATURE = 'delta.sig.json';

/** Asked at every start: it reads nothing, and loads nothing of what verifies. */
export const hasSignatures = ({ path, catalog }: ModelFolder): boolean =>
  existsSync(join(path, CATALOG_SIGNATURE)) ||
  catalog.deltas.some(({ head }) => existsSync(join(path, dirname(head.path), DELTA_SIGNATURE)));

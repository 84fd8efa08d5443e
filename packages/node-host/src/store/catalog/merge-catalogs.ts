import { mergeCatalogs as merge, type Catalog } from '@terrace/core';
import { startHash } from '../files/start-hash.js';

/** What is above wins; see core. */
export const mergeCatalogs = (below: Catalog, above: Catalog): Catalog => merge({ below, above, startHash });

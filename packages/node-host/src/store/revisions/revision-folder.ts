import { join } from 'node:path';
import { folderName } from '@terrace/core';

/** What lies in the folder of a kept revision beside its deltas. */
export const REVISION_FILE = 'revision.json';

/** Where the revisions of a device are kept. */
export const revisionsIn = (home: string): string => join(home, 'revisions');

/** Where those of a domain are kept; a revision's folder there is called by its id. */
export const revisionsOf = (root: string, domain: string): string => join(root, folderName(domain));

/** Where a domain's deltas and calibration lie, relative to the overlay and to the folder of a revision alike. */
export const domainPlace = (domain: string): string => `deltas/${folderName(domain)}`;

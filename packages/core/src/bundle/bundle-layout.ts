import type { Catalog } from '../catalog/schema.js';

/** A folder of its own for an id that may hold one "/": no id is the folder around another. */
export const folderName = (id: string): string => id.replace('/', '+');

/** Where what a catalog names lies, in a bundle and in the folder of added models alike. */
export const modelFolder = (id: string): string => `models/${folderName(id)}`;
export const deltaFolder = ({ domain, base }: Pick<Catalog['deltas'][number], 'domain' | 'base'>): string =>
  `deltas/${folderName(domain)}/${folderName(base.id)}`;
export const calibrationPath = (domain: string): string => `deltas/${folderName(domain)}/calibration.json`;

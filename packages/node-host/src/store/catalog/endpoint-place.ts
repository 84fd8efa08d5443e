import { folderName } from '@terrace/core';
import { join } from 'node:path';
import type { Endpoint } from '@terrace/core';
import { contentId } from '../files/content-id.js';

/** Where endpoints lie in a folder of models, and nowhere else: no file of a model can pass for one. */
export const ENDPOINTS = 'endpoints';
export const ENDPOINT_MANIFEST = 'endpoint.json';

/** The folder of an endpoint, relative to that of the models. */
export const endpointPlace = (id: string): string => join(ENDPOINTS, folderName(id));

export const endpointFile = (id: string): string => join(endpointPlace(id), ENDPOINT_MANIFEST);

/** What an endpoint is known by: its manifest, whatever its file looks like. */
export function endpointContentId({ contentId: _, ...manifest }: Endpoint): string {
  return contentId({ format: 1, ...manifest });
}

import { endpointManifestSchema, type EndpointManifest } from '@terrace/core';

/** An endpoint nobody runs. */
export const exampleManifest = (changes: Partial<EndpointManifest> = {}): EndpointManifest =>
  endpointManifestSchema.parse({
    format: 1,
    id: 'site',
    placement: 'site',
    protocol: 'oip',
    url: 'http://127.0.0.1:9',
    model: 'auto:{domain}',
    tasks: ['text-classification'],
    ...changes,
  });

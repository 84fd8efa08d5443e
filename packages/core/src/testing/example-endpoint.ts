import { endpointManifestSchema, type Endpoint, type EndpointManifest } from '../catalog/endpoint.js';
import type { RemoteTier } from '../catalog/tier.js';
import { exampleBase, exampleDelta, fakeSha } from './example-catalog.js';

/** A Terrace at the site that answers in the domain `bank`. */
export function exampleEndpoint(changes: Partial<EndpointManifest> = {}): Endpoint {
  const { format: _, ...manifest } = endpointManifestSchema.parse({
    format: 1,
    id: 'site',
    placement: 'site',
    protocol: 'oip',
    url: 'http://site.example:8420',
    model: 'auto:{domain}',
    tasks: ['text-classification', 'feature-extraction'],
    measuredMs: 10,
    ...changes,
  });
  return { ...manifest, contentId: fakeSha(`endpoint ${manifest.id}`) };
}

/** The same, computing with the weights and the delta of `base`: its scores fuse with those of the device. */
export function exampleTwin(changes: Partial<EndpointManifest> = {}): Endpoint {
  const base = exampleBase();
  const serves = {
    model: 'base',
    variant: base.variants[0]!.weights.sha256,
    deltas: { bank: exampleDelta(base).contentId },
  };
  return exampleEndpoint({ id: 'site-base', model: 'base:{domain}', serves, ...changes });
}

export function exampleRemoteTier(endpoint = exampleEndpoint()): RemoteTier {
  const { id, placement } = endpoint;
  return { kind: 'remote', id, placement, endpoint, delta: exampleDelta(exampleBase()) };
}

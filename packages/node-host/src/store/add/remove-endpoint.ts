import { InvalidRequestError } from '@terrace/core';
import { endpointPlace } from '../catalog/endpoint-place.js';
import { openModelFolders } from '../catalog/model-folders.js';
import { withStaging } from './staging.js';
import { swapTogether } from './swap-together.js';

/**
 * Takes an endpoint out of the overlay.
 * @throws InvalidRequestError when the overlay has none of the id; what `swapTogether` throws
 */
export async function removeEndpoint({
  id,
  overlay,
  shipped,
  signal,
}: {
  id: string;
  overlay: string;
  shipped: string;
  signal: AbortSignal;
}): Promise<void> {
  const { folders } = await openModelFolders({ shipped, added: overlay });
  const [below, above] = folders.map(({ catalog }) => catalog);
  const added = above?.endpoints ?? [];
  if (!added.some((endpoint) => endpoint.id === id)) {
    throw new InvalidRequestError({
      message: `No endpoint "${id.slice(0, 128)}" was added.`,
      hint: `Added: ${added.map((endpoint) => endpoint.id).join(', ') || 'none'}.`,
      facts: { endpoint: id.slice(0, 128) },
    });
  }
  await withStaging(overlay, (staging) =>
    swapTogether({ overlay, below: below!, staging, away: [endpointPlace(id)], signal }),
  );
}

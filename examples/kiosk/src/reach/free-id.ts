import type { Server } from '../settings/settings.js';

/** What a new server is called: `site`, `site-2` and so on. */
export function freeId(placement: Server['placement'], servers: readonly Pick<Server, 'id'>[]): string {
  const taken = new Set(servers.map(({ id }) => id));
  for (let n = 1; ; n++) {
    const id = n === 1 ? placement : `${placement}-${n}`;
    if (!taken.has(id)) return id;
  }
}

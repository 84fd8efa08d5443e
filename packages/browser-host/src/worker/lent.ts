import { createCacheIdentity, createEmbed, withEndpoints } from '@terrace/core/cache';
import { otherRelease } from '../assets/other-release.js';
import { VERSION } from '../assets/version.js';
import type { LentCalls, LentFiles } from '../lent/lent-protocol.js';
import { startHash } from '../store/part.js';
import type { OpenedLent, RareOptions } from './rare-calls.js';

/** What caches and documents of pages borrow, as a file of its own: a page without them never loads it. */
export function openLent({ runtime, models, ports }: RareOptions, { version }: LentFiles): OpenedLent {
  if (version !== VERSION) throw otherRelease(version);
  const catalog = withEndpoints(
    models,
    (ports.endpoints ?? []).map(({ endpoint }) => endpoint),
  );
  const identityOf = createCacheIdentity(startHash);
  const embed = createEmbed(runtime);
  const calls: LentCalls = {
    identity: async ([ask]) => identityOf(catalog.current(), ask),
    append: ([entries]) => ports.ledger.append(entries),
    embed: ([texts, priority = 'normal'], { signal }) => embed(texts, { signal, priority }),
  };
  return { call: (name, args, context) => calls[name](args as never, context as never), close: async () => undefined };
}

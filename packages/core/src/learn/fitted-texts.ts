import type { Delta } from '../catalog/schema.js';
import { normalForm } from '../delta/gate/normal-form.js';
import type { Revision } from '../ports/revision-store.js';
import type { StartHash } from '../ports/running-hash.js';
import type { DeltasPorts } from './deltas-ports.js';
import { textKey } from './text-key.js';

type Ports = Pick<DeltasPorts, 'features' | 'revisions' | 'startHash'>;

/** Further back nobody goes. */
const MOST_ANCESTORS = 16;

/** Another way of writing it is the same text. */
const keyOf = (text: string, startHash: StartHash): string => textKey(normalForm(text), startHash);

const spaceOf = (contentId: string): string => `fitted-on-${contentId}`;

/**
 * Remembers which texts a delta was fitted on, where their features are remembered: it answers them better than others,
 * and a later candidate must not be compared with it on them.
 */
export async function rememberFitted(
  deltaIds: readonly string[],
  texts: readonly string[],
  { features, startHash }: Ports,
): Promise<void> {
  const rows = new Map(texts.map((text) => [keyOf(text, startHash), Float32Array.of(1)]));
  // What is lost makes a comparison harder to win, and nothing wrong.
  for (const id of deltaIds) await features.write(spaceOf(id), rows).catch(() => undefined);
}

/** Of each text whether one of these deltas in force, or one that it was built upon, was fitted on it, as far as is remembered. */
export async function fittedOn(
  domain: string,
  inForce: readonly Delta[],
  texts: readonly string[],
  { features, revisions, startHash }: Ports,
): Promise<readonly boolean[]> {
  const ancestors = await ancestorsOf(domain, revisions);
  const bases = new Set(inForce.map(({ base }) => base.id));
  const builtUpon = ancestors.flatMap((each) => each.deltas.filter(({ base }) => bases.has(base.id)));
  const deltas = [...inForce, ...builtUpon];
  const keys = texts.map((text) => keyOf(text, startHash));
  const seen = texts.map(() => false);
  for (const id of new Set(deltas.map(({ contentId }) => contentId))) {
    const rows = await features.read(spaceOf(id), keys).catch(() => []);
    for (const [at, row] of rows.entries()) if (row) seen[at] = true;
  }
  return seen;
}

async function ancestorsOf(domain: string, revisions: DeltasPorts['revisions']): Promise<Revision[]> {
  const [kept, current] = await Promise.all([revisions.list(domain), revisions.current(domain)]);
  const found: Revision[] = [];
  let next = current?.parent;
  while (next !== undefined && found.length < MOST_ANCESTORS) {
    const parent = kept.find(({ id }) => id === next);
    if (!parent) break;
    found.push(parent);
    next = parent.parent;
  }
  return found;
}

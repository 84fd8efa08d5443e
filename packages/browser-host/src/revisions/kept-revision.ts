import type { Revision } from '@terrace/core/deltas';
import { domainOf, readLadder, type OwnLadder } from './own-ladder.js';

/** A ladder revision as it is kept: whether it is in force or not, this puts it in force. */
export interface KeptRevision {
  readonly facts: Pick<Revision, 'parent' | 'madeAtWallMs' | 'origin' | 'decision'>;
  readonly ladder: OwnLadder;
}

/** @returns undefined for what this release cannot read */
export function readRevision(kept: unknown): KeptRevision | undefined {
  const { facts, ladder } = (kept ?? {}) as Partial<Record<keyof KeptRevision, unknown>>;
  const own = readLadder(ladder);
  return own && isFacts(facts) ? { facts, ladder: own } : undefined;
}

export function revisionOf({ facts, ladder }: KeptRevision): Revision {
  const { id: domain, ladderRevision: id } = domainOf(ladder);
  return { ...facts, id, domain, deltas: ladder.catalog.deltas };
}

const isFacts = (value: unknown): value is KeptRevision['facts'] => {
  const { parent, madeAtWallMs } = (value ?? {}) as Record<string, unknown>;
  return typeof madeAtWallMs === 'number' && (parent === undefined || typeof parent === 'string');
};

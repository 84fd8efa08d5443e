import { InvalidRequestError, UnknownRevisionError } from '@terrace/core';
import type { Revision } from '@terrace/core/deltas';

/** The first digits of an id: enough to tell revisions apart, and to type. */
export const SHORT = 12;
/** Fewer would be taken for something else. */
const FEWEST = 6;
const NAMED = 5;

/**
 * A revision by its id, or the first digits of it.
 * @throws UnknownRevisionError when there is none, InvalidRequestError when there is more than one
 */
export function nameRevision(revisions: readonly Revision[], name: string, domain?: string): Revision {
  const found = isRevisionName(name) ? revisions.filter(({ id }) => id.startsWith(name)) : [];
  if (found.length === 1) return found[0]!;
  const where = domain === undefined ? '' : ` of "${domain}"`;
  const listed = (all: readonly Revision[]): string =>
    all
      .slice(0, NAMED)
      .map(({ id }) => id.slice(0, SHORT))
      .join(', ');
  if (found.length > 1) {
    throw new InvalidRequestError({
      message: `More than one revision${where} begins with ${name}.`,
      hint: `Write more digits: ${listed(found)}.`,
      facts: { revision: name },
    });
  }
  throw new UnknownRevisionError({
    message: `There is no revision "${name.slice(0, 64)}"${where}.`,
    hint:
      revisions.length > 0
        ? `Name one of these by ${FEWEST} digits or more: ${listed(revisions)}.`
        : 'None is kept: fit one (`terrace delta fit`) or attach one (`terrace delta attach`).',
    facts: { revision: name.slice(0, 64), domain },
  });
}

/** Whether a name can be one of a revision: ids of deltas that look like it have a "/". */
export const isRevisionName = (name: string): boolean => new RegExp(`^[0-9a-f]{${FEWEST},64}$`).test(name);

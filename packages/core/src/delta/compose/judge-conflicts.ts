import type { MeasuredDifference } from '../promote/promotion.js';
import type { Conflict, ConflictReport } from './conflict-report.js';

/** Updates that share more of their directions than this are likely to disturb each other. */
const MUCH_OVERLAP = 0.3;
/** Points of accuracy, as shares. */
const WORTH_TELLING = 0.01;
const TOO_MUCH = 0.05;
/** A loss is certain to be at least this before it refuses. */
const CERTAIN = 0.02;

/** What one domain loses by being composed. */
export interface DomainLoss {
  readonly domain: string;
  /** Accuracy by its own delta, and composed, on the same rows. */
  readonly before: number;
  readonly after: number;
  /** Before less after, with its paired interval. */
  readonly loss: MeasuredDifference;
}

/** What speaks against composing, and how much. */
export function judgeConflicts({
  overlaps,
  clashes,
  losses,
}: {
  readonly overlaps: readonly Extract<Conflict, { kind: 'subspace-overlap' }>[];
  /** Labels that more than one domain has. */
  readonly clashes: readonly string[];
  readonly losses: readonly DomainLoss[];
}): ConflictReport {
  const conflicts: Conflict[] = [
    ...overlaps.filter(({ overlap }) => overlap > MUCH_OVERLAP),
    ...(clashes.length > 0 ? [{ kind: 'label-clash' as const, labels: clashes }] : []),
    ...losses
      .filter(({ loss }) => loss.value > WORTH_TELLING)
      .map(({ domain, before, after, loss: { rows } }) => ({
        kind: 'accuracy-lost' as const,
        domain,
        before,
        after,
        rows,
      })),
  ];
  const isRefused = losses.some(({ loss }) => loss.value > TOO_MUCH && loss.interval[0] > CERTAIN);
  return { verdict: isRefused ? 'refused' : conflicts.length > 0 ? 'warned' : 'none', conflicts };
}

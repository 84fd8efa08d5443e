import type { Catalog, Delta } from '../catalog/schema.js';
import { NoTierFitsError } from '../errors/no-tier-fits-error.js';
import type { LocalRung } from '../recommend/choose-ladder.js';

/** What becomes of one rung. */
export interface RungPlan {
  readonly rung: LocalRung;
  /** The delta in force. */
  readonly current: Delta | undefined;
  /** Whether what is in force knows labels that the rows have not: then it is built upon, and keeps what it knows. */
  readonly extended: boolean;
  readonly labels: readonly string[];
}

export interface FitPlan {
  /** Lightest first, not empty. */
  readonly fitted: readonly RungPlan[];
  /** Rungs that keep their delta. */
  readonly staying: readonly { readonly rung: LocalRung; readonly delta: Delta }[];
}

/**
 * @param rungs of this device, lightest first
 * @throws NoTierFitsError when nothing that is asked for runs here
 */
export function planFit(
  catalog: Catalog,
  {
    domain,
    base,
    rungs,
    labels,
  }: {
    readonly domain: string;
    readonly base: string | undefined;
    readonly rungs: readonly LocalRung[];
    /** Of the rows. */
    readonly labels: ReadonlySet<string>;
  },
): FitPlan {
  const inForce = (rung: LocalRung): Delta | undefined =>
    catalog.deltas.find((delta) => delta.domain === domain && delta.base.id === rung.tier.model.id);
  const chosen = rungs.filter(({ tier }) => base === undefined || tier.model.id === base);
  if (chosen.length === 0) {
    throw new NoTierFitsError({
      message:
        base === undefined ? 'No model that takes deltas runs here.' : `There is no model "${base}" to fit here.`,
      hint:
        rungs.length > 0
          ? `Models that take deltas here: ${rungs.map(({ tier }) => tier.model.id).join(', ')}.`
          : '`terrace models list` tells which models are here, and why others are not used.',
      facts: { ...(base !== undefined && { base }) },
    });
  }
  return {
    fitted: chosen.map((rung) => {
      const current = inForce(rung);
      const extended = current?.labels.some((label) => !labels.has(label)) === true;
      const known = extended ? current.labels : [];
      const fresh = [...labels].filter((label) => !known.includes(label)).toSorted();
      return { rung, current, extended, labels: [...known, ...fresh] };
    }),
    staying: rungs
      .filter((rung) => !chosen.includes(rung))
      .flatMap((rung) => {
        const delta = inForce(rung);
        return delta ? [{ rung, delta }] : [];
      }),
  };
}

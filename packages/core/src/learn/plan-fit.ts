import type { Catalog, Delta } from '../catalog/schema.js';
import { InvalidDataError } from '../errors/invalid-data-error.js';
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
 * @throws NoTierFitsError when nothing that is asked for runs here; InvalidDataError when there is one label in all
 */
export function planFit(
  catalog: Catalog,
  {
    domain,
    base,
    except = [],
    rungs,
    labels,
  }: {
    readonly domain: string;
    readonly base: string | undefined;
    /** Models whose delta stays. */
    readonly except?: readonly string[] | undefined;
    readonly rungs: readonly LocalRung[];
    /** Of the rows. */
    readonly labels: ReadonlySet<string>;
  },
): FitPlan {
  const inForce = (rung: LocalRung): Delta | undefined =>
    catalog.deltas.find((delta) => delta.domain === domain && delta.base.id === rung.tier.model.id);
  const chosen = rungs.filter(
    ({ tier: { model } }) => (base === undefined || model.id === base) && !except.includes(model.id),
  );
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
  const fitted = chosen.map((rung) => {
    const current = inForce(rung);
    const extended = current?.labels.some((label) => !labels.has(label)) === true;
    const known = extended ? current.labels : [];
    const fresh = [...labels].filter((label) => !known.includes(label)).toSorted();
    return { rung, current, extended, labels: [...known, ...fresh] };
  });
  if (fitted.some((each) => each.labels.length < 2)) {
    throw new InvalidDataError({
      message: 'All rows have the same label.',
      hint: 'Add rows of other labels: there is nothing to tell apart.',
    });
  }
  return {
    fitted,
    staying: rungs
      .filter((rung) => !chosen.includes(rung))
      .flatMap((rung) => {
        const delta = inForce(rung);
        return delta ? [{ rung, delta }] : [];
      }),
  };
}

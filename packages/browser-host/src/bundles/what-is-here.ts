import type { Catalog, Contents, Delta, FileRef, Model } from '@terrace/core';

/** What of the chosen contents can be taken along. */
export interface Present extends Contents {
  /** Ids of models and deltas that were chosen and are not whole on this device. */
  readonly leftOut: readonly string[];
}

interface Here {
  readonly isHere: (file: FileRef) => boolean;
  readonly hasManifest: (delta: Delta) => boolean;
}

/**
 * Of each model the variants that are here; of the deltas those whose base is here, too; and the calibrations of their
 * domains, which speak of all tiers and hold for those that are there.
 */
export function whatIsHere(
  { domains }: Pick<Catalog, 'domains'>,
  { models, deltas }: Contents,
  { isHere, hasManifest }: Here,
): Present {
  const present = models.flatMap((model) => modelHere(model, isHere) ?? []);
  const bases = new Set(present.map(({ id }) => id));
  const presentDeltas = deltas.filter(
    (delta) => bases.has(delta.base.id) && isDeltaHere(delta, isHere) && hasManifest(delta),
  );
  const ids = new Set(presentDeltas.map(({ domain }) => domain));
  const kept = new Set([...present, ...presentDeltas].map(({ id }) => id));
  return {
    models: present,
    deltas: presentDeltas,
    domains: domains
      .filter(({ id }) => ids.has(id))
      .map(({ calibration, ...domain }) => ({ ...domain, ...(calibration && isHere(calibration) && { calibration }) })),
    leftOut: [...models, ...deltas].map(({ id }) => id).filter((id) => !kept.has(id)),
  };
}

function modelHere({ golden, ...model }: Model, isHere: (file: FileRef) => boolean): Model | undefined {
  const variants = model.variants.filter(({ weights }) => isHere(weights));
  const isReadable = isHere(model.tokenizer) && (!model.tokenizerConfig || isHere(model.tokenizerConfig));
  if (variants.length === 0 || !isReadable) return undefined;
  return { ...model, variants, ...(golden && isHere(golden) && { golden }) };
}

export const isDeltaHere = ({ head, adapter }: Delta, isHere: (file: FileRef) => boolean): boolean =>
  isHere(head) && (!adapter || isHere(adapter));

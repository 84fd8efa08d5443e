import type { Catalog, Result } from '@terrace/core';
import type { OipModel } from './model-metadata.js';

/** The weights that the tier of an answer ran on; undefined where somebody else computed it. */
export function variantOf({ tier, trace }: Pick<Result, 'tier' | 'trace'>, { models }: Catalog): string | undefined {
  const run = trace.findLast((event) => event.kind === 'run' && event.tier === tier);
  const dtype = run?.kind === 'run' ? run.variant : undefined;
  return models.find(({ id }) => id === tier)?.variants.find((variant) => variant.dtype === dtype)?.weights.sha256;
}

/** Which of its variants a model runs on: the device decides, and may think again, so the last answer tells. */
export interface ServedVariants {
  note(model: string, result: Result, catalog: Catalog): void;
  /** @returns undefined for a ladder, and where no answer can be had */
  of(oip: OipModel): Promise<string | undefined>;
}

/** @param tryOut gives an answer of the model to a text of no importance */
export function createServedVariants(
  tryOut: (oip: OipModel) => Promise<Result>,
  catalog: () => Catalog,
): ServedVariants {
  const last = new Map<string, string>();
  const trials = new Map<string, Promise<void>>();

  const note: ServedVariants['note'] = (model, result, of) => {
    const variant = variantOf(result, of);
    if (variant !== undefined) last.set(model, variant);
  };

  const tried = (oip: OipModel): Promise<void> => {
    const { name } = oip.choice;
    const trial =
      trials.get(name) ??
      tryOut(oip)
        .then((result) => note(name, result, catalog()))
        .catch(() => undefined)
        .finally(() => trials.delete(name));
    trials.set(name, trial);
    return trial;
  };

  return {
    note,
    async of(oip) {
      const { model, choice } = oip;
      if (!model) return undefined;
      // One that a new catalog does not have any more says nothing.
      const known = (): string | undefined =>
        model.variants.find(({ weights }) => weights.sha256 === last.get(choice.name))?.weights.sha256;
      const [only, ...others] = model.variants;
      if (others.length === 0) return only?.weights.sha256;
      if (known() === undefined) await tried(oip);
      return known();
    },
  };
}

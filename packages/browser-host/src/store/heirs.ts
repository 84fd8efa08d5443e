import type { Catalog, FileRef, Model } from '@terrace/core';

type Variant = Model['variants'][number];

/**
 * The files of a newer catalog that take the place of files that are here. It had better not come into force before they
 * are here as well: a device that loses its network in between would have tiers that it cannot load.
 */
export function heirsOf({
  current,
  newer,
  isHere,
}: {
  readonly current: Catalog;
  readonly newer: Catalog;
  readonly isHere: (file: FileRef) => boolean;
}): FileRef[] {
  const filesOfModel = (model: Model): (FileRef | undefined)[] => {
    const here = model.variants.filter(({ weights }) => isHere(weights));
    const heir = here.length === 0 ? undefined : heirOf(model, current, newer);
    if (!heir) return [];
    const weights = here.map((variant) => heirOfVariant(variant, heir)?.weights);
    const golden = model.golden && isHere(model.golden) ? heir.golden : undefined;
    return [...weights, heir.tokenizer, heir.tokenizerConfig, golden];
  };
  const filesOfDelta = ({ domain, base, head }: Catalog['deltas'][number]): (FileRef | undefined)[] => {
    const model = isHere(head) ? current.models.find(({ id }) => id === base.id) : undefined;
    const heir = model && heirOf(model, current, newer);
    return newer.deltas
      .filter((delta) => delta.domain === domain && delta.base.id === heir?.id)
      .flatMap((delta) => [delta.head, delta.adapter]);
  };
  const files = [...current.models.flatMap(filesOfModel), ...current.deltas.flatMap(filesOfDelta)];
  return [...new Map(files.flatMap((file) => (file ? [[file.sha256, file]] : []))).values()];
}

/** The model of the same name; of one that is no more, the one on its rung. */
function heirOf({ id }: Model, current: Catalog, newer: Catalog): Model | undefined {
  const named = (wanted: string | undefined): Model | undefined => newer.models.find((model) => model.id === wanted);
  const onItsRung = (): Model | undefined => {
    const ladder = current.ladders.find(({ models }) => models.includes(id));
    const rungs = newer.ladders.find((each) => each.id === ladder?.id)?.models;
    return named(rungs?.[Math.min(ladder!.models.indexOf(id), rungs.length - 1)]);
  };
  return named(id) ?? onItsRung();
}

/** Of the same dtype; where there is none, one that runs where it did. */
const heirOfVariant = ({ dtype, providers }: Variant, { variants }: Model): Variant | undefined =>
  variants.find((variant) => variant.dtype === dtype) ??
  variants.find((variant) => variant.providers.some((provider) => providers.includes(provider)));

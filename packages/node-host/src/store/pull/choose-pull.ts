import {
  InvalidRequestError,
  type Catalog,
  type Delta,
  type Domain,
  type FileRef,
  type Model,
  type Presence,
  type Variant,
} from '@terrace/core';

/** What a user wants of a source. */
export interface PullWish {
  /** Models, deltas or domains; everything when there are none. */
  readonly ids: readonly string[];
  readonly domain?: string | undefined;
  /** This type alone, instead of what runs here. */
  readonly dtype?: Variant['dtype'] | undefined;
  /** Execution providers of the device. */
  readonly providers: readonly string[];
}

/** What is here already. */
export interface Local {
  readonly catalog: Catalog;
  presence(file: FileRef): Presence;
}

export interface Choice {
  /** With those variants alone that are to come. */
  readonly models: readonly Model[];
  readonly deltas: readonly Delta[];
  readonly calibrations: readonly (Domain & { readonly calibration: FileRef })[];
  readonly present: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Which entries of a catalog to bring: what was asked for, the models that deltas belong to, and no variant that
 * does not run here. Pure.
 * @throws InvalidRequestError when something that was asked for is not there or does not run here
 */
export function choosePull(catalog: Catalog, wish: PullWish, local: Local): Choice {
  requireKnown(catalog, wish);
  const { ids, domain } = wish;
  const named = (id: string): boolean => ids.length === 0 || ids.includes(id);
  const wantedDeltas = catalog.deltas.filter(
    (delta) =>
      (domain === undefined || delta.domain === domain) &&
      (named(delta.id) || named(delta.domain) || (domain !== undefined && named(delta.base.id))),
  );
  const wantedModels = catalog.models.filter(
    ({ id, text }) =>
      // What generates text is large, and a folder may name it without having it: it comes when it is asked for.
      (ids.length === 0 ? domain === undefined && text === undefined : ids.includes(id)) ||
      wantedDeltas.some(({ base }) => base.id === id),
  );
  const notes: string[] = [];
  const models = wantedModels.flatMap((model) => {
    const variants = model.variants.filter((variant) =>
      wish.dtype === undefined
        ? variant.providers.some((id) => wish.providers.includes(id))
        : variant.dtype === wish.dtype,
    );
    if (variants.length > 0) return [{ ...model, variants }];
    const why = wish.dtype === undefined ? 'no variant runs on this device' : `it has no variant of type ${wish.dtype}`;
    if (ids.includes(model.id)) throw cannot(`${model.id} cannot be pulled: ${why}.`);
    notes.push(`${model.id} is left out: ${why}`);
    return [];
  });
  const bases = [...models, ...local.catalog.models];
  const deltas = wantedDeltas.filter((delta) => {
    if (bases.some((model) => fits(delta, model))) return true;
    notes.push(`${delta.id} is left out: its base ${delta.base.id} is`);
    return false;
  });
  const areHere = (files: readonly (FileRef | undefined)[]): boolean =>
    files.every((file) => !file || local.presence(file) === 'here');
  const isHere = {
    model: (model: Model): boolean =>
      areHere(model.variants.map(({ weights }) => weights)) &&
      local.catalog.models.some(
        ({ id, variants, tokenizer, tokenizerConfig, golden }) =>
          id === model.id && holdsAll(variants, model) && areHere([tokenizer, tokenizerConfig, golden]),
      ),
    delta: ({ contentId }: Delta): boolean =>
      local.catalog.deltas.some(
        (each) => each.contentId === contentId && areHere([each.head, each.adapter, each.adapterConfig]),
      ),
    calibration: ({ calibration }: Domain): boolean =>
      areHere([calibration]) && local.catalog.domains.some((each) => each.calibration?.sha256 === calibration?.sha256),
  };
  const domains = catalog.domains
    .filter((each): each is Domain & { calibration: FileRef } => each.calibration !== undefined)
    .filter(({ id }) => {
      const whole = catalog.deltas.filter((delta) => delta.domain === id);
      return (
        deltas.some((delta) => delta.domain === id) &&
        whole.every((each) => deltas.includes(each) || isHere.delta(each))
      );
    });
  return {
    models: models.filter((model) => !isHere.model(model)),
    deltas: deltas.filter((delta) => !isHere.delta(delta)),
    calibrations: domains.filter((each) => !isHere.calibration(each)),
    present: [...models.filter(isHere.model), ...deltas.filter(isHere.delta)].map(({ id }) => id),
    notes,
  };
}

const fits = ({ base }: Delta, { id, variants }: Model): boolean =>
  base.id === id && variants.some(({ weights }) => Object.values(base.files).includes(weights.sha256));

const holdsAll = (variants: Model['variants'], wanted: Model): boolean =>
  wanted.variants.every(({ weights }) => variants.some((each) => each.weights.sha256 === weights.sha256));

function requireKnown({ models, deltas, domains }: Catalog, { ids, domain }: PullWish): void {
  const list = (entries: readonly { id: string }[]): string => entries.map(({ id }) => id).join(', ') || 'none';
  const hint = `It has models: ${list(models)}; deltas: ${list(deltas)}; domains: ${list(domains)}.`;
  const known = new Set([...models, ...deltas, ...domains].map(({ id }) => id));
  const wrong = ids.find((id) => !known.has(id));
  if (wrong !== undefined) throw cannot(`The source has no model, delta or domain "${wrong.slice(0, 128)}".`, hint);
  if (domain !== undefined && !domains.some(({ id }) => id === domain)) {
    throw cannot(`The source has no domain "${domain.slice(0, 128)}".`, hint);
  }
}

const cannot = (message: string, hint = 'Name a type with --dtype to pull it all the same.'): InvalidRequestError =>
  new InvalidRequestError({ message, hint });

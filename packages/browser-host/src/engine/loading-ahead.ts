import {
  engineModel,
  type Catalog,
  type Clock,
  type EngineSession,
  type ModelEngine,
  type ModelStore,
} from '@terrace/core';

/** What nobody has asked for by then is let go. */
const UNWANTED_MS = 60_000;

/**
 * An engine that loads the static encoder of the catalog while the device is still looked at, where its files are here:
 * most ladders begin with it, and it takes no runtime. Whoever loads it first is given that.
 * @param onLoaded told when that has ended, however, or there is nothing to load
 */
export function loadingAhead({
  engine,
  store,
  catalog: { models },
  clock,
  onLoaded,
}: {
  readonly engine: ModelEngine;
  readonly store: ModelStore;
  readonly catalog: Catalog;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly onLoaded: () => void;
}): ModelEngine {
  const model = models.find(({ layers }) => layers === 0);
  const variant = model?.variants.find(({ providers }) => providers.includes('wasm'));
  if (!variant || store.presence(variant.weights) !== 'here') {
    onLoaded();
    return engine;
  }
  const load = async (): Promise<EngineSession> =>
    engine.load(await engineModel({ model: model!, variant }, { store, provider: 'wasm', expectedRunMs: 0 }));
  let ahead: Promise<EngineSession> | undefined = load();
  const take = (): Promise<EngineSession> | undefined => {
    const taken = ahead;
    ahead = undefined;
    return taken;
  };
  ahead.then(onLoaded, onLoaded);
  void clock
    .sleep(UNWANTED_MS)
    .then(async () => (await take())?.release())
    .catch(() => undefined);
  return {
    ...engine,
    load: (wanted, options) => {
      const isIt = wanted.variantId === variant.weights.sha256 && wanted.provider === 'wasm';
      const anew = () => engine.load(wanted, options);
      return (isIt ? take()?.catch(anew) : undefined) ?? anew();
    },
  };
}

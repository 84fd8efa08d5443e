import { engineModel, type Catalog, type Clock, type EngineSession, type ModelStore } from '@terrace/core';
import type { MarkingEngine } from '../sentinel/marking-engine.js';

/** What nobody has asked for by then is let go. */
const UNWANTED_MS = 60_000;
/** A first answer takes about so long from there. */
const FIRST_ANSWER_MS = 100;

/**
 * An engine that loads the static encoder of the catalog while the device is still looked at, where its files are here:
 * most ladders begin with it, and it takes no runtime. Whoever loads it first is given that.
 * @param locate rejects for what is not here
 * @param onLoaded told when that has ended, however, and has perhaps answered: whatever else starts takes the processor
 *   from it
 */
export function loadingAhead({
  engine,
  locate,
  catalog: { models },
  clock,
  onLoaded,
}: {
  readonly engine: MarkingEngine;
  readonly locate: ModelStore['locate'];
  readonly catalog: Catalog;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly onLoaded: () => void;
}): MarkingEngine {
  const model = models.find(({ layers }) => layers === 0);
  const variant = model?.variants.find(({ providers }) => providers.includes('wasm'));
  /** Rejects where there is none. */
  const load = async (): Promise<EngineSession> => {
    const how = { store: { locate }, provider: 'wasm', expectedRunMs: 0 };
    return engine.load(await engineModel({ model: model!, variant: variant! }, how), { isAhead: true });
  };
  let ahead: Promise<EngineSession> | undefined = load();
  const take = (): Promise<EngineSession> | undefined => {
    const taken = ahead;
    ahead = undefined;
    return taken;
  };
  ahead.then(() => clock.sleep(FIRST_ANSWER_MS)).then(onLoaded, onLoaded);
  void clock
    .sleep(UNWANTED_MS)
    .then(async () => (await take())?.release())
    .catch(() => undefined);
  return {
    ...engine,
    load(wanted, options) {
      const isIt = wanted.variantId === variant?.weights.sha256 && wanted.provider === 'wasm';
      const anew = (): Promise<EngineSession> => engine.load(wanted, options);
      return (isIt ? take()?.catch(anew) : undefined) ?? anew();
    },
  };
}

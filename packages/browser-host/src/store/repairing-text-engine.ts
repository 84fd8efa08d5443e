import type { LocatedFile } from '@terrace/core';
import type { TextEngine, TextModel } from '@terrace/core/generate';
import { isUnreadable } from './is-unreadable.js';

type Renew = (located: LocatedFile, signal?: AbortSignal) => Promise<LocatedFile>;

/** A text engine that brings files anew which its workers cannot read, and tries once more. */
export function repairingTextEngine(engine: TextEngine, renew: Renew): TextEngine {
  return {
    load: (model, options) =>
      engine.load(model, options).catch(async (error: unknown) => {
        if (!isUnreadable(error)) throw error;
        return engine.load(await renewModel(model, renew, options?.signal), options);
      }),
    close: () => engine.close(),
  };
}

async function renewModel(model: TextModel, renew: Renew, signal: AbortSignal | undefined): Promise<TextModel> {
  const { delta } = model;
  const [weights, tokenizer, tokenizerConfig, adapter] = await Promise.all([
    renew(model.weights, signal),
    renew(model.tokenizer, signal),
    model.tokenizerConfig && renew(model.tokenizerConfig, signal),
    delta && renew(delta.adapter, signal),
  ]);
  return { ...model, weights, tokenizer, tokenizerConfig, delta: delta && adapter && { ...delta, adapter } };
}

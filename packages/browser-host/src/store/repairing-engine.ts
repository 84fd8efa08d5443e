import type { EngineModel, EngineSession, LocatedFile, ModelEngine } from '@terrace/core';
import { overSession } from '../over-session.js';
import { isUnreadable } from './is-unreadable.js';

type Renew = (located: LocatedFile, signal?: AbortSignal) => Promise<LocatedFile>;

/**
 * An engine that brings files anew which its workers cannot read, and tries once more: a file that was damaged on the
 * disk, or that the browser threw away, costs a download and no request.
 */
export function repairingEngine(engine: ModelEngine, renew: Renew): ModelEngine {
  return {
    async load(model, options) {
      const session = await engine.load(model, options).catch(async (error: unknown) => {
        if (!isUnreadable(error)) throw error;
        return engine.load(await renewModel(model, renew, options?.signal), options);
      });
      return repairingSession(session, renew);
    },
    residentBytes: () => engine.residentBytes(),
    callerLoad: () => engine.callerLoad(),
    close: () => engine.close(),
  };
}

async function renewModel(model: EngineModel, renew: Renew, signal: AbortSignal | undefined): Promise<EngineModel> {
  const [weights, tokenizer, tokenizerConfig] = await Promise.all([
    renew(model.weights, signal),
    renew(model.tokenizer, signal),
    model.tokenizerConfig && renew(model.tokenizerConfig, signal),
  ]);
  return { ...model, weights, tokenizer, tokenizerConfig };
}

const repairingSession = (session: EngineSession, renew: Renew): EngineSession =>
  overSession(session, {
    attach: (delta) =>
      session.attach(delta).catch(async (error: unknown) => {
        if (!isUnreadable(error)) throw error;
        const [head, adapter] = await Promise.all([renew(delta.head), delta.adapter && renew(delta.adapter)]);
        return session.attach({ ...delta, head, adapter });
      }),
  });

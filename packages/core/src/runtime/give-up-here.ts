import { OverloadedError } from '../errors/overloaded-error.js';
import { RuntimeClosedError } from '../errors/runtime-closed-error.js';
import { EngineError } from '../errors/engine-error.js';
import { ProviderWrongError } from '../errors/provider-wrong-error.js';
import type { TerraceError } from '../errors/terrace-error.js';
import type { LocalRung } from '../recommend/choose-ladder.js';
import type { Stages } from './stages.js';

/**
 * A rung of this device has failed. Where it is the provider that fails, another one may run the model; otherwise the
 * tier is left out of plans for a while.
 * @returns whether the request may come back to the tier: the next plan knows more
 */
export function giveUpHere(
  { tier, estimate }: LocalRung,
  error: TerraceError,
  { planner, loader, failing }: Pick<Stages, 'planner' | 'loader' | 'failing'>,
): boolean {
  if (ProviderWrongError.isInstance(error)) {
    planner.review();
    return true;
  }
  const provider = loader.providerOf(tier) ?? estimate.provider;
  loader.discard(tier);
  if (EngineError.isInstance(error) && failing.failed({ tier, provider })) return true;
  planner.avoid(tier.id);
  return false;
}

/** Too many requests, or a runtime that is being closed: no reason to do without a tier. */
export const saysNothingOfTier = (error: TerraceError): boolean =>
  OverloadedError.isInstance(error) || RuntimeClosedError.isInstance(error);

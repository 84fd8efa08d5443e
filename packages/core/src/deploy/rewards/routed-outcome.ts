import { OverloadedError } from '../../errors/overloaded-error.js';
import { RuntimeClosedError } from '../../errors/runtime-closed-error.js';
import type { OutcomeRecord } from '../../ports/ledger.js';
import type { DeployedPath } from '../deployed-model.js';
import { pathTiers } from '../path-tiers.js';

const SAYS_NOTHING: ReadonlySet<string | undefined> = new Set([OverloadedError.code, RuntimeClosedError.code]);

/** Whether what a request came to is the doing of the model it was routed to. */
export type RoutedEnd =
  | 'answered'
  /** It gave no answer: another one did, or none. */
  | 'failed'
  /** It was not asked, as the request itself ruled it out, or it was not let finish. */
  | 'elsewhere';

/** The model a request was routed to; undefined where no deployment routed it. */
export const routedTo = ({ decisions }: Pick<OutcomeRecord, 'decisions'>): string | undefined =>
  decisions[0]?.stage === 'route' ? decisions[0].chosen : undefined;

/** The window it was routed in. */
export const windowOf = ({ decisions }: Pick<OutcomeRecord, 'decisions'>): string | undefined =>
  decisions[0]?.stage === 'route' ? decisions[0].window : undefined;

export function routedEnd(
  { verdict, path, degraded, tier, error }: Pick<OutcomeRecord, 'verdict' | 'path' | 'degraded' | 'tier' | 'error'>,
  deployed: DeployedPath,
): RoutedEnd {
  if (verdict === 'aborted') return 'elsewhere';
  // A request that makes no sense, and one that nobody was there for, say nothing of a model.
  if (verdict === 'failed') return tier === '' || SAYS_NOTHING.has(error) ? 'elsewhere' : 'failed';
  const tiers = pathTiers(deployed);
  if (path.split('+').every((each) => tiers.includes(each))) return 'answered';
  return degraded ? 'failed' : 'elsewhere';
}

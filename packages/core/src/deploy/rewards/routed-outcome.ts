import type { OutcomeRecord } from '../../ports/ledger.js';
import type { DeployedPath } from '../deployed-model.js';
import { pathTiers } from '../path-tiers.js';

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

export function routedEnd(
  { verdict, path, degraded }: Pick<OutcomeRecord, 'verdict' | 'path' | 'degraded'>,
  deployed: DeployedPath,
): RoutedEnd {
  if (verdict === 'aborted') return 'elsewhere';
  if (verdict === 'failed') return 'failed';
  const tiers = pathTiers(deployed);
  if (path.split('+').every((tier) => tiers.includes(tier))) return 'answered';
  return degraded ? 'failed' : 'elsewhere';
}

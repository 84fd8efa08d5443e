import type { BrowserRuntime } from '@terrace/browser-host';
import { DEMAND_OF } from '../desks/demands.js';
import type { Settings } from '../settings/settings.js';

/**
 * Models that the page does not ask, and need not teach: what is taught here takes no download, and no network.
 * @param domain what is taught; a new one is asked as the page's own are
 */
export async function unusedModels(
  runtime: BrowserRuntime,
  domain: string,
  { desk, demand }: Pick<Settings, 'desk' | 'demand'>,
): Promise<string[]> {
  const { domains, models } = await runtime.catalog();
  const asked = domains.some(({ id }) => id === domain) ? domain : desk;
  const { ladder } = await runtime.recommend({ domain: asked, ...DEMAND_OF[demand] });
  const used = ladder.flatMap(({ tier }) => (tier.kind === 'local' ? [tier.model.id] : []));
  return used.length === 0 ? [] : models.map(({ id }) => id).filter((id) => !used.includes(id));
}

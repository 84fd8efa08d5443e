import { NoTierFitsError, type Runtime, type Tier } from '@terrace/core';
import {
  pathTiers,
  type Auditor,
  type DeployedModel,
  type DeploymentSettings,
  type ModelHost,
} from '@terrace/core/deploy';
import type { CatalogSource } from '@terrace/core';
import { domainsOf, tiersFor } from './check-deployment.js';

interface ModelPorts {
  readonly runtime: () => Pick<Runtime, 'prepare' | 'run' | 'remotes'>;
  readonly catalog: Pick<CatalogSource, 'current'>;
  readonly settings: () => DeploymentSettings;
}

/** Models of a deployment are those of a runtime: what this device runs is loaded and tested, what others run is asked. */
export function nodeModels({ runtime, catalog, settings }: ModelPorts): ModelHost {
  const tiersOf = ({ path }: DeployedModel, domain: string): Tier[] =>
    tiersFor({ domain }, catalog.current()).filter(({ id }) => pathTiers(path).includes(id));
  return {
    async prepare(model, { signal, onDownloaded }) {
      const domains = domainsOf(settings(), catalog.current()).filter((domain) => tiersOf(model, domain).length > 0);
      for (const domain of domains) {
        const tiers = tiersOf(model, domain);
        if (tiers.some(({ kind }) => kind === 'local')) {
          await runtime().prepare({ domain }, { signal, only: pathTiers(model.path) });
        }
      }
      onDownloaded();
      const asked = new Map(domains.flatMap((domain) => tiersOf(model, domain)).map((tier) => [tier.id, tier]));
      for (const tier of asked.values()) if (tier.kind === 'remote') await runtime().remotes.check(tier, signal);
    },
    // A runtime unloads by itself what nobody uses, and at once where memory is short.
    release: async () => undefined,
  };
}

/** By a tier of the same runtime, as a request that all others go before. */
export const runtimeAuditor =
  (runtime: () => Pick<Runtime, 'run'>): Auditor =>
  async ({ text, domain, subDomain, residency }, policy) => {
    const asked = { text, domain, subDomain, residency, policy, priority: 'low' } as const;
    const result = await runtime()
      .run(asked)
      .catch((error: unknown) => {
        // Its text may not go to where the auditor is: nobody looks at such answers.
        if (residency !== 'cloud' && NoTierFitsError.isInstance(error)) return undefined;
        throw error;
      });
    if (!result) return { label: undefined, costUsd: 0, runMs: 0 };
    const { output, costUsd, trace } = result;
    const runMs = trace.reduce((sum, event) => sum + (event.kind === 'run' ? event.runMs : 0), 0);
    return { label: output.kind === 'classification' ? output.label : undefined, costUsd, runMs };
  };

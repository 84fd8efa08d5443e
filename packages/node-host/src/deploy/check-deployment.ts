import { candidateTiers, InvalidDataError, type Catalog, type Tier } from '@terrace/core';
import { costOfQuestion, pathTiers, type DeployedModel, type DeploymentSettings } from '@terrace/core/deploy';

/** Domains whose requests are routed. */
export const domainsOf = ({ domain }: Pick<DeploymentSettings, 'domain'>, catalog: Catalog): string[] =>
  domain === undefined ? catalog.domains.map(({ id }) => id) : [domain];

/** Every tier that may answer such requests. @throws UnknownDomainError */
export function tiersFor(settings: Pick<DeploymentSettings, 'domain'>, catalog: Catalog): Tier[] {
  return domainsOf(settings, catalog).flatMap((domain) =>
    candidateTiers(catalog, { task: 'text-classification', domain, subDomain: undefined }),
  );
}

/**
 * What is configured, with the prices of the catalog where nothing else is known.
 * @throws InvalidDataError when requests could not be routed by it at all: a tier that is nowhere, no models, too little room
 */
export function checkDeployment(settings: DeploymentSettings, catalog: Catalog): DeploymentSettings {
  const { models, maxLive, auditor, auditShare } = settings;
  if (models.length === 0) throw refuse('it has no models', 'Add one: `terrace deploy add ID --tier TIER`.');
  const tiers = tiersFor(settings, catalog);
  const known = [...new Set(tiers.map(({ id }) => id))];
  const named = models.flatMap(({ id, path }) => pathTiers(path).map((tier) => ({ model: `the model ${id}`, tier })));
  const all = auditShare > 0 ? [...named, { model: 'the auditor', tier: auditor! }] : named;
  for (const { model, tier } of all) {
    if (known.includes(tier)) continue;
    throw refuse(`${model} uses the tier "${tier}", which there is not`, `Tiers here: ${known.join(', ') || 'none'}.`);
  }
  const room = models
    .map(({ carries }) => carries)
    .toSorted((a, b) => b - a)
    .slice(0, maxLive)
    .reduce((sum, carries) => sum + carries, 0);
  if (room < 1 - 1e-9) {
    const percent = Math.round(room * 100);
    throw refuse(
      `its ${Math.min(maxLive, models.length)} most able models carry ${percent} % of the requests together`,
      'Let models carry more (--carries), add one, or let more of them be live (--max-live).',
    );
  }
  return { ...settings, models: models.map((model) => ({ ...model, expectedCostUsd: expectedCost(model, tiers) })) };
}

/**
 * What is known of a model is known by its id.
 * @param paths by id, as this process has seen them; those of `settings` are added
 * @throws InvalidDataError when an id is given to another path
 */
export function checkPaths({ models }: Pick<DeploymentSettings, 'models'>, paths: Map<string, string>): void {
  for (const { id, path } of models) {
    const written = JSON.stringify(path);
    if ((paths.get(id) ?? written) === written) continue;
    throw refuse(
      `the id ${id} is that of another path, which requests were routed by`,
      'Give the new path another id.',
    );
  }
  for (const { id, path } of models) paths.set(id, JSON.stringify(path));
}

/** Of a tier that others run, its price; nothing is known of how often a ladder climbs. */
function expectedCost({ expectedCostUsd, path }: DeployedModel, tiers: readonly Tier[]): number | undefined {
  if (expectedCostUsd !== undefined || path.kind !== 'tier') return expectedCostUsd;
  const tier = tiers.find(({ id }) => id === path.tier);
  return tier?.kind === 'remote' ? costOfQuestion(tier) : undefined;
}

const refuse = (why: string, hint: string): InvalidDataError =>
  new InvalidDataError({ message: `The deployment cannot be used: ${why}.`, hint });

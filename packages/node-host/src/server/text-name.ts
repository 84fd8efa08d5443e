import type { Catalog, ModelStore } from '@terrace/core';
import { textTiers } from '@terrace/core/text';
import type { ModelChoice } from './model-name.js';

/** What a name stands for where text is asked for: the ladder of text tiers, or one of them. */
export type TextChoice = Pick<ModelChoice, 'name' | 'policy' | 'domain'>;

/** The ladder of text tiers. */
const LADDER = 'terrace/text';
/** The same, as clients write it that know no more than whom they ask. */
const SHORT = 'terrace';

const known = new WeakMap<Catalog, readonly TextChoice[]>();

/** Every name under which a catalog offers text: the ladder, each tier, and each with each domain text speaks of. */
export function listTextModels(catalog: Catalog): readonly TextChoice[] {
  const before = known.get(catalog);
  if (before) return before;
  const listed = [undefined, ...textDomains(catalog)].flatMap((domain) => {
    const ids = new Set(textTiers(catalog, domain).map(({ id }) => id));
    const suffix = domain === undefined ? '' : `:${domain}`;
    if (ids.size === 0) return [];
    return [
      { name: `${LADDER}${suffix}`, policy: 'cascade', domain },
      ...[...ids].map((id) => ({ name: `${id}${suffix}`, policy: id, domain })),
    ];
  });
  known.set(catalog, listed);
  return listed;
}

/** Those that something can answer: an endpoint, or a model whose weights are here or can be fetched. */
export const answerableText = (catalog: Catalog, presence: ModelStore['presence']): readonly TextChoice[] =>
  listTextModels(catalog).filter(({ policy, domain }) =>
    textTiers(catalog, domain).some(
      (tier) =>
        (policy === 'cascade' || tier.id === policy) &&
        (tier.kind === 'remote' || presence(tier.variant.weights) !== 'missing'),
    ),
  );

/** What text a name stands for, with or without `terrace/` before it; undefined where it stands for none. */
export function findTextModel(name: string, catalog: Catalog): TextChoice | undefined {
  const listed = listTextModels(catalog);
  const asked = name === SHORT ? LADDER : name;
  const find = (wanted: string): TextChoice | undefined => listed.find((each) => each.name === wanted);
  return find(asked) ?? find(`terrace/${asked}`) ?? find(asked.replace(/^terrace\//, ''));
}

const textDomains = ({ text, endpoints = [] }: Catalog): Set<string> =>
  new Set([
    ...(text?.deltas ?? []).map(({ domain }) => domain),
    ...(text?.calibrations ?? []).flatMap(({ domain }) => domain ?? []),
    ...endpoints.flatMap(({ tasks, domains = [] }) => (tasks.includes('text-generation') ? domains : [])),
  ]);

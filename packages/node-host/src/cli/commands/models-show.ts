import { InvalidRequestError, type Catalog, type Delta, type Model } from '@terrace/core';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { print, printJson, table } from '../output.js';
import type { GlobalFlags } from '../settings.js';
import { openCatalog, originOf, summarizeCalibration } from './models-catalog.js';
import { showDomain } from './models-show-domain.js';
import { fileTable, type Shown } from './models-shown.js';

/**
 * `terrace models show ID`: one model, delta or domain with its files and hashes.
 * @throws InvalidRequestError naming what there is when nothing has this id
 */
export async function showModel(id: string, flags: GlobalFlags): Promise<number> {
  const { folders } = await openCatalog(flags);
  const catalog = folders.current();
  const shown = await find(id, catalog, folders);
  if (!shown) throw unknown(id, catalog);
  if (flags.json) printJson(shown.json);
  else print(shown.text);
  return 0;
}

async function find(id: string, catalog: Catalog, folders: ModelFolders): Promise<Shown | undefined> {
  const model = catalog.models.find((each) => each.id === id);
  if (model) return showOneModel(model, catalog, folders);
  const delta = catalog.deltas.find((each) => each.id === id);
  if (delta) return showOneDelta(delta, folders);
  const domain = catalog.domains.find((each) => each.id === id);
  return domain && showDomain(domain, catalog, await summarizeCalibration(folders, domain));
}

function showOneModel(model: Model, { deltas }: Catalog, folders: ModelFolders): Shown {
  const own = deltas.filter(({ base }) => base.id === model.id).map(({ id }) => id);
  const source = originOf(folders, model.variants[0]!.weights);
  const { variants, tokenizer, tokenizerConfig, labels, ...facts } = model;
  const text = [
    table(
      Object.entries({ ...facts, deltas: own.join(' ') || 'none', ...source }).map(([name, value]) => [
        name,
        String(value),
      ]),
    ),
    '',
    fileTable([
      ...variants.map(({ dtype, providers, weights }) => [`${dtype} (${providers.join(' ')})`, weights] as const),
      ['tokenizer', tokenizer],
      ['tokenizer config', tokenizerConfig],
    ]),
    ...(labels ? ['', `labels: ${labels.join(', ')}`] : []),
  ].join('\n');
  return { json: { kind: 'model', ...model, deltas: own, ...source }, text };
}

function showOneDelta(delta: Delta, folders: ModelFolders): Shown {
  const source = originOf(folders, delta.head);
  const { id, domain, base, rank, contentId, labels, outOfScopeLabel, subDomains, head, adapter, adapterConfig } =
    delta;
  const facts = {
    id,
    domain,
    base: base.id,
    rank,
    'content id': contentId,
    'out of scope': outOfScopeLabel ?? 'none',
    ...source,
  };
  const text = [
    table(Object.entries(facts).map(([name, value]) => [name, String(value)])),
    '',
    fileTable([
      ['head', head],
      ['adapter', adapter],
      ['adapter config', adapterConfig],
    ]),
    '',
    table([['belongs to', ''], ...Object.entries(base.files)]),
    '',
    `${labels.length} labels: ${labels.join(', ')}`,
    ...Object.entries(subDomains).map(([name, within]) => `  ${name}: ${within.join(', ')}`),
  ].join('\n');
  return { json: { kind: 'delta', ...delta, ...source }, text };
}

function unknown(id: string, { models, deltas, domains }: Catalog): InvalidRequestError {
  const list = (entries: readonly { id: string }[]): string => entries.map((each) => each.id).join(', ') || 'none';
  return new InvalidRequestError({
    message: `There is no model, delta or domain "${id}".`,
    hint: `Models: ${list(models)}. Deltas: ${list(deltas)}. Domains: ${list(domains)}.`,
    facts: { id },
  });
}

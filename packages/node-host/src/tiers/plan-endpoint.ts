import { domainsIn, InvalidRequestError, type Catalog } from '@terrace/core';
import {
  describeEndpoint,
  findProtocol,
  LADDERS,
  withVariable,
  type DescribedEndpoint,
  type EndpointPorts,
  type Protocol,
} from './describe-endpoint.js';
import { cannotUse, type EndpointPlan, type EndpointWish } from './endpoint-wish.js';
import { planDomains } from './plan-domains.js';
import { chooseModel, planModel } from './plan-model.js';

export interface PlannedEndpoint {
  readonly protocol: Protocol;
  readonly url: string;
  readonly plan: EndpointPlan;
}

const DOMAIN = '{domain}';

/**
 * Asks a server what it is, and decides how it is asked from then on.
 * @throws InvalidRequestError when that is not clear, UnknownDomainError, what `findProtocol` throws
 */
export async function planEndpoint(
  address: string,
  wish: EndpointWish & { readonly protocol: Protocol | undefined },
  { catalog, ports, signal }: { catalog: Catalog; ports: EndpointPorts; signal: AbortSignal },
): Promise<PlannedEndpoint> {
  const { id } = wish;
  // The protocols that list their models need no name to begin with.
  const asked = { id, url: address, model: wish.model ?? LADDERS };
  const writes = wish.tasks?.includes('text-generation') === true;
  if (writes && wish.protocol !== undefined && wish.protocol !== 'openai') throw writesNothing(wish.protocol);
  const spoken = writes ? 'openai' : wish.protocol;
  const { protocol, url, description } = await findProtocol(asked, { protocol: spoken, ports, signal }).catch(
    (error: unknown) => unlisted(address, { ...wish, protocol: spoken }, error),
  );
  const describe = async (model: string, domains?: string[]) => {
    try {
      return await describeEndpoint({ id, url, protocol, model, ...(domains && { domains }) }, { ports, signal });
    } catch (error) {
      throw withVariable(error, url);
    }
  };
  const planned = async (): Promise<EndpointPlan> => {
    switch (protocol) {
      case 'openai': {
        const model = chooseModel(wish, description);
        if (description.models.length === 0) return planModel({ model, description, wish }, catalog);
        // What it is for is guessed by its name.
        return planModel({ model, description: await describe(model), wish }, catalog);
      }
      case 'tei':
        return planModel({ model: chooseModel(wish, description), description, wish }, catalog);
      case 'oip': {
        const pattern = wish.model === undefined ? LADDERS : patternOf(wish, description.models);
        if (pattern === undefined) return planModel({ model: wish.model!, description, wish }, catalog);
        if (wish.tasks?.includes('feature-extraction')) throw embedsNothing(pattern);
        const found = domainsIn(description.models, pattern);
        const plan = await planDomains(
          { model: pattern, found, wish },
          {
            catalog,
            describe: (domain) => describe(pattern, [domain]),
          },
        );
        // A Terrace knows its ladders by the shorter name as well, which no proxy stumbles over.
        return { ...plan, model: plan.model.replace(/^terrace\//, '') };
      }
      default:
        return protocol satisfies never;
    }
  };
  return { protocol, url, plan: await planned() };
}

/** Not every server lists its models: whoever names protocol and model needs no list. @throws the error otherwise */
function unlisted(
  address: string,
  { protocol, model, tasks }: EndpointWish & { readonly protocol: Protocol | undefined },
  error: unknown,
): DescribedEndpoint {
  if (protocol !== 'openai' || model === undefined || !InvalidRequestError.isInstance(error)) throw error;
  const url = new URL(address).pathname === '/' ? `${address}/v1` : address;
  const nothing = { models: [], labels: undefined, serves: undefined, tensors: undefined };
  const answers = (tasks ?? ['text-classification']).filter((task) => task !== 'text-generation');
  return { protocol, url, description: { ...nothing, tasks: answers } };
}

/** A model that the server has once a domain, as it lists them: the one that was named stands for all of them. */
function patternOf({ model = '', tasks }: EndpointWish, models: readonly string[]): string | undefined {
  if (model.includes(DOMAIN)) return model;
  const onlyEmbeds = tasks !== undefined && !tasks.includes('text-classification');
  const isOfDomains = !model.includes(':') && models.some((name) => name.startsWith(`${model}:`));
  return isOfDomains && !onlyEmbeds ? `${model}:${DOMAIN}` : undefined;
}

const writesNothing = (protocol: Protocol) =>
  cannotUse(`By ${protocol} no text can be asked for.`, 'Text is written by what speaks openai: leave --protocol out.');

const embedsNothing = (model: string) =>
  cannotUse(
    `"${model}" classifies: there is one for each domain.`,
    'For embeddings name the model alone, with --task feature-extraction, under an id of its own.',
  );

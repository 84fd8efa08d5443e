import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { InvalidRequestError, mustRedact, type Endpoint, type EndpointManifest, type ModelTaskId } from '@terrace/core';
import { environmentKeys } from '../../remote/environment-keys.js';
import { createUndiciFetch } from '../../remote/undici-fetch.js';
import { addEndpoint } from '../../store/add/add-endpoint.js';
import { endpointFile } from '../../store/catalog/endpoint-place.js';
import { openModelFolders } from '../../store/catalog/model-folders.js';
import { systemClock } from '../../system-clock.js';
import { describePrice } from '../../tiers/describe-price.js';
import type { Protocol } from '../../tiers/describe-endpoint.js';
import { parseEndpointAddress, type EndpointAddress } from '../../tiers/endpoint-address.js';
import { endpointKey } from '../../tiers/endpoint-key.js';
import { planEndpoint } from '../../tiers/plan-endpoint.js';
import { tryEndpoint, type TriedEndpoint } from '../../tiers/try-endpoint.js';
import { openSigner } from '../../trust/signing.js';
import { ms, print, printJson, warn } from '../output.js';
import { readSettings, type GlobalFlags, type Settings } from '../settings.js';
import { addedModels } from './models-catalog.js';

const TIMEOUT_MS = 30_000;

export interface TiersAddFlags extends GlobalFlags {
  readonly id?: string;
  readonly protocol?: Protocol;
  readonly model?: string;
  readonly placement?: EndpointManifest['placement'];
  readonly domain?: readonly string[];
  readonly task?: readonly ModelTaskId[];
  readonly pricePerCall?: number;
  readonly priceInput?: number;
  readonly priceOutput?: number;
  readonly currency?: string;
  readonly usdPerUnit?: number;
  readonly residencyLabel?: string;
  readonly redact?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly replace?: boolean;
  readonly allowHttp?: boolean;
  /** To sign with, where signatures are required. */
  readonly key?: string;
}

/**
 * `terrace tiers add URL`: finds out what answers there, asks it a few times, and writes it into the local catalog.
 * Nothing is written when it does not answer.
 */
export async function addTier(text: string, flags: TiersAddFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  for (const warning of settings.warnings) warn(warning);
  const allowHttp = flags.allowHttp ?? settings.allowHttp ?? false;
  const address = parseEndpointAddress(text, { allowHttp });
  const overlay = addedModels(settings);
  // Asked before anything is sent: without a key the endpoint could not be used.
  const { requireSignatures, home } = settings;
  const signer = requireSignatures ? await openSigner({ home, name: flags.key, clock: systemClock }) : undefined;
  const tried = await findOut(address, flags, { settings, signal });
  const endpoint = await addEndpoint({
    manifest: tried.manifest,
    overlay,
    shipped: settings.models,
    replace: flags.replace === true,
    signer,
    signal,
  });
  const file = join(overlay, endpointFile(endpoint.id));
  if (flags.json) printJson({ file, endpoint, key: endpointKey(endpoint), tookMs: tried.tookMs, notes: tried.notes });
  else print(describe(endpoint, tried));
  return 0;
}

async function findOut(
  address: EndpointAddress,
  flags: TiersAddFlags,
  { settings, signal }: { settings: Settings; signal: AbortSignal },
): Promise<TriedEndpoint> {
  const { models: shipped, requireSignatures } = settings;
  const folders = await openModelFolders({ shipped, added: addedModels(settings), requireSignatures });
  const catalog = folders.current();
  const { id = address.id, placement = address.placement, timeout: timeoutMs = TIMEOUT_MS } = flags;
  if (!flags.replace && catalog.endpoints?.some((endpoint) => endpoint.id === id)) throw taken(id);
  const network = createUndiciFetch();
  const ports = { fetch: network.fetch, keys: environmentKeys(), clock: systemClock, timeoutMs };
  try {
    const wish = {
      id,
      placement,
      protocol: flags.protocol,
      model: flags.model,
      domains: flags.domain,
      tasks: flags.task,
    };
    const { protocol, url, plan } = await planEndpoint(address.url, wish, { catalog, ports, signal });
    const { notes, ...planned } = plan;
    const untried = {
      id,
      placement,
      protocol,
      url,
      ...planned,
      price: priceOf(flags),
      timeoutMs,
      ...(flags.residencyLabel !== undefined && { dataResidency: flags.residencyLabel }),
      ...(flags.redact !== undefined && { redact: flags.redact }),
    };
    const newId = (): string => `tiers-add-${randomUUID()}`;
    const tried = await tryEndpoint(untried, { catalog, ports, newId, signal });
    return { ...tried, notes: [...notes, ...tried.notes] };
  } finally {
    await network.close();
  }
}

function priceOf({ pricePerCall, priceInput, priceOutput, currency, usdPerUnit }: TiersAddFlags) {
  return {
    ...(currency !== undefined && { currency }),
    ...(usdPerUnit !== undefined && { usdPerUnit }),
    ...(pricePerCall !== undefined && { perCall: pricePerCall }),
    ...(priceInput !== undefined && { perMillionInputTokens: priceInput }),
    ...(priceOutput !== undefined && { perMillionOutputTokens: priceOutput }),
  };
}

const taken = (id: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `There is an endpoint "${id}" already.`,
    hint: 'Give another id with --id, or put the new one in its place with --replace.',
    facts: { endpoint: id },
  });

function describe(endpoint: Endpoint, { tookMs, notes }: TriedEndpoint): string {
  const { id, protocol, model, url, placement, tasks, domains, serves, golden, measuredMs, price } = endpoint;
  const key = endpointKey(endpoint);
  const answered = golden?.label === undefined ? 'answers' : `"${golden.text}" is ${golden.label}`;
  return [
    `added ${id}: ${model} by ${protocol} at ${url}, ${placement}`,
    `  tasks      ${tasks.join(', ') || 'none: chats are passed on to it'}`,
    `  domains    ${domains === undefined ? 'every one of the catalog' : domains.join(', ') || 'none: labels of its own'}`,
    `  golden     ${answered}, in ${ms(measuredMs!)} (first call ${ms(tookMs[0]!)})`,
    `  scores     ${serves ? `fuse with the device's own: it computes ${serves.model}` : 'stand for themselves'}`,
    `  redaction  ${mustRedact(endpoint) ? 'on' : 'off'}`,
    `  price      ${describePrice(price)}`,
    `  key        ${key.variable} ${key.set ? 'is set' : 'is not set'}`,
    ...notes.map((note) => `note: ${note}`),
  ].join('\n');
}

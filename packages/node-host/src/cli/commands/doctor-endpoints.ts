import { randomUUID } from 'node:crypto';
import {
  createEndpointClient,
  EndpointOverloadedError,
  EndpointFailedError,
  EndpointUnreachableError,
  labelOf,
  TerraceError,
  type Catalog,
  type Endpoint,
  type RemoteReply,
} from '@terrace/core';
import { environmentKeys } from '../../remote/environment-keys.js';
import { createUndiciFetch } from '../../remote/undici-fetch.js';
import { isWithinSite } from '../../remote/within-site.js';
import { systemClock } from '../../system-clock.js';
import { describeEndpoint, withinTime, withVariable, type EndpointPorts } from '../../tiers/describe-endpoint.js';
import { endpointKey } from '../../tiers/endpoint-key.js';
import { goldenAsk, goldenTier } from '../../tiers/golden-question.js';
import { equalServes } from '../../tiers/serves.js';
import { ms } from '../output.js';
import type { Check, Finding } from './doctor-context.js';

/** Longest that doctor waits for one answer, whatever requests may. */
const TIMEOUT_MS = 10_000;

/** Every tier that others run is asked its golden question, and whether it is still what the catalog says. */
export const endpoints: Check = {
  name: 'endpoints',
  async run(context) {
    const catalog = (await context.folders()).current();
    const all = catalog.endpoints ?? [];
    if (all.length === 0) return [];
    const network = createUndiciFetch();
    const ports = { fetch: network.fetch, keys: environmentKeys(), clock: systemClock };
    try {
      const findings = await Promise.all(
        all.map((endpoint) => {
          const timeoutMs = Math.min(TIMEOUT_MS, endpoint.timeoutMs);
          return examineEndpoint(endpoint, { catalog, ports: { ...ports, timeoutMs }, signal: context.signal });
        }),
      );
      return findings.flat();
    } finally {
      await network.close();
    }
  },
};

/** @throws the signal's reason; whatever else goes wrong is a finding */
export async function examineEndpoint(
  endpoint: Endpoint,
  { catalog, ports, signal }: { catalog: Catalog; ports: EndpointPorts; signal: AbortSignal },
): Promise<Finding[]> {
  const name = `endpoint ${endpoint.id}`;
  const findings = unencrypted(endpoint).map((each) => ({ ...each, name }));
  const tier = goldenTier(catalog, endpoint);
  if (!tier) {
    const found = 'it answers in no domain of the catalog';
    return [...findings, { name, state: 'warning', found, fix: 'Pull the domain, or `terrace tiers remove` it.' }];
  }
  const client = createEndpointClient({ endpoint, ...ports });
  if (endpoint.tasks.length === 0 || endpoint.tasks[0] === 'text-generation')
    return [...findings, await examineChat(name, endpoint, { ports, signal })];
  const ask = goldenAsk(endpoint, tier.delta, `doctor-${randomUUID()}`);
  try {
    // The first call opens the connection; the time of the second is that of a request.
    await withinTime(endpoint.id, { ports, signal }, (limited) => client.ask(ask, limited));
    const fromMs = ports.clock.nowMs();
    const again = { ...ask, requestId: `doctor-${randomUUID()}` };
    const reply = await withinTime(endpoint.id, { ports, signal }, (limited) => client.ask(again, limited));
    const tookMs = ports.clock.nowMs() - fromMs;
    const wrong = [
      ...wrongAnswer(endpoint, reply),
      ...(await otherContent(endpoint, { catalog, reply, ports, signal })),
    ].map((each) => ({ ...each, name }));
    if (wrong.length > 0) return [...findings, ...wrong];
    return [...findings, { name, state: 'ok', found: inWords(endpoint, reply, tookMs) }];
  } catch (error) {
    signal.throwIfAborted();
    return [...findings, failed(name, withVariable(error, endpoint.url))];
  }
}

/** What chats are only passed on to is held to no answer: whether it is there, and takes the key. */
async function examineChat(
  name: string,
  endpoint: Endpoint,
  { ports, signal }: { ports: EndpointPorts; signal: AbortSignal },
): Promise<Finding> {
  const fromMs = ports.clock.nowMs();
  try {
    await describeEndpoint(endpoint, { ports, signal });
  } catch (error) {
    signal.throwIfAborted();
    const { facts } = error as { facts?: { status?: unknown } };
    if (facts?.status !== 404 && facts?.status !== 405) return failed(name, withVariable(error, endpoint.url));
  }
  return { name, state: 'ok', found: `answers in ${ms(ports.clock.nowMs() - fromMs)}; chats are passed on to it` };
}

type Nameless = Omit<Finding, 'name'>;

function unencrypted({ url }: Endpoint): Nameless[] {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || isWithinSite(hostname)) return [];
  return [
    {
      state: 'warning',
      found: `texts go to ${hostname} unencrypted`,
      fix: 'Give the endpoint an https:// address, or reach it by a tunnel.',
    },
  ];
}

function wrongAnswer({ id, golden }: Endpoint, { answer }: RemoteReply): Nameless[] {
  if (golden?.label === undefined || labelOf(answer) === golden.label) return [];
  const fix = `If its model was changed on purpose, add it again: ${addAgain(id)}.`;
  return [{ state: 'problem', found: 'it answers its golden question otherwise than when it was added', fix }];
}

/** Whether what it computes is still what its scores are fused as. */
async function otherContent(
  endpoint: Endpoint,
  {
    catalog,
    reply: { computedBy },
    ports,
    signal,
  }: { catalog: Catalog; reply: RemoteReply; ports: EndpointPorts; signal: AbortSignal },
): Promise<Nameless[]> {
  const { id, serves } = endpoint;
  if (!serves) return [];
  const said = await describeEndpoint({ ...endpoint, domains: Object.keys(serves.deltas) }, { ports, signal }).then(
    (description) => description.serves,
    () => undefined,
  );
  const fix = `Bring both to the same content, then add it again: ${addAgain(id)}.`;
  const variant = computedBy?.variant ?? said?.variant;
  if (variant !== undefined && variant !== serves.variant) {
    return [{ state: 'problem', found: 'it no longer computes with the weights that it was added with', fix }];
  }
  const moved = Object.keys(serves.deltas).filter((domain) => said && said.deltas[domain] !== serves.deltas[domain]);
  if (moved.length > 0) {
    return [
      { state: 'problem', found: `it no longer has the delta of ${moved.join(', ')} that it was added with`, fix },
    ];
  }
  // Unlike the above this is no fault of the server: the device itself has moved on, and nothing is fused any more.
  const here = equalServes(serves, catalog);
  if (here.notes.length === 0) return [];
  return [{ state: 'warning', found: `the device has other content than it: ${here.notes.join('; ')}`, fix }];
}

const addAgain = (id: string): string => `\`terrace tiers add URL --id ${id} --replace\``;

function inWords(endpoint: Endpoint, { computedBy }: RemoteReply, tookMs: number): string {
  const { protocol, url, serves } = endpoint;
  const key = endpointKey(endpoint);
  const usual = endpoint.measuredMs === undefined ? '' : `, ${ms(endpoint.measuredMs)} when it was added`;
  const same = serves ? `, computes ${serves.model}${computedBy ? ' as the device does' : ''}` : '';
  const line = url.startsWith('https:') ? 'encrypted' : 'unencrypted, on the premises';
  const door = key.set ? `with the key of ${key.variable}` : 'without a key';
  return `answers by ${protocol} in ${ms(tookMs)}${usual}${same}; ${line}, ${door}`;
}

/** A device that cannot reach a tier answers without it; one that is turned away or misled has to be put right. */
function failed(name: string, error: unknown): Finding {
  const isPassing =
    EndpointUnreachableError.isInstance(error) ||
    EndpointFailedError.isInstance(error) ||
    EndpointOverloadedError.isInstance(error);
  const found = error instanceof Error ? error.message : String(error);
  const fix = TerraceError.isInstance(error) ? error.hint : 'Please report it with this output.';
  return { name, state: isPassing ? 'warning' : 'problem', found, fix };
}

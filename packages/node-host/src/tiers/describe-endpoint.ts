import {
  createEndpointClient,
  EndpointRefusedError,
  EndpointUnreachableError,
  InvalidRequestError,
  TerraceError,
  type ClientEndpoint,
  type Clock,
  type EndpointDescription,
  type EndpointKeys,
  type EndpointManifest,
  type Fetch,
} from '@terrace/core';
import { keyVariable } from '../remote/environment-keys.js';

export type Protocol = EndpointManifest['protocol'];

/** The network, and how long one exchange may take. */
export interface EndpointPorts {
  readonly fetch: Fetch;
  readonly keys: EndpointKeys;
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  readonly timeoutMs: number;
}

/** A server that answered, in the protocol it answered in. */
export interface DescribedEndpoint {
  readonly protocol: Protocol;
  readonly url: string;
  readonly description: EndpointDescription;
}

interface Asked {
  readonly id: string;
  readonly url: string;
  readonly model: string;
}

/** A Terrace lists its ladders under this name, one a domain. */
export const LADDERS = 'terrace/auto:{domain}';

/**
 * What a server says about itself, and in which protocol.
 * @param asked.model as it calls the model; the ladders of a Terrace where nobody named one
 * @param protocol found out where it is undefined
 * @throws EndpointUnreachableError, EndpointRefusedError for a wrong key, InvalidRequestError when it speaks none of the
 *   protocols; the signal's reason
 */
export async function findProtocol(
  asked: Asked,
  { protocol, ports, signal }: { protocol: Protocol | undefined; ports: EndpointPorts; signal: AbortSignal },
): Promise<DescribedEndpoint> {
  const why: string[] = [];
  let last: unknown;
  for (const candidate of candidates(asked.url, protocol)) {
    try {
      const description = await describeEndpoint({ ...asked, ...candidate }, { ports, signal });
      return { ...candidate, description };
    } catch (error) {
      signal.throwIfAborted();
      if (!TerraceError.isInstance(error) || isFinal(error)) throw withVariable(error, asked.url);
      why.push(`${candidate.protocol} at ${candidate.url}: ${error.message}`);
      last = error;
    }
  }
  throw new InvalidRequestError({
    message: `${asked.url} does not answer as ${protocol ?? 'an endpoint'} would. ${why.join(' ')}`,
    hint: 'Check the address, and name what runs there: --protocol openai|oip|tei, and --model NAME.',
    facts: { url: asked.url },
    cause: last,
  });
}

/** One description, with an end. @throws like `EndpointClient.describe` */
export async function describeEndpoint(
  endpoint: Asked & Pick<ClientEndpoint, 'protocol' | 'domains'>,
  { ports, signal }: { ports: EndpointPorts; signal: AbortSignal },
): Promise<EndpointDescription> {
  const client = createEndpointClient({ endpoint, ...ports });
  return withinTime(endpoint.id, { ports, signal }, (limited) => client.describe(limited));
}

/** @throws EndpointUnreachableError when the work takes longer than it may */
export async function withinTime<T>(
  endpointId: string,
  { ports: { timeoutMs }, signal }: { ports: Pick<EndpointPorts, 'timeoutMs'>; signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(Math.ceil(timeoutMs));
  try {
    return await work(AbortSignal.any([signal, limit]));
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.aborted || TerraceError.isInstance(error)) throw error;
    throw new EndpointUnreachableError({
      message: `The endpoint "${endpointId}" gave no answer within ${Math.round(timeoutMs)} ms.`,
      hint: 'Look at the network and whether the endpoint runs; --timeout gives it longer.',
      facts: { endpoint: endpointId, phase: 'answer' },
    });
  }
}

/** The likeliest first: a Terrace speaks two of them, and tells most in its own. */
function candidates(url: string, protocol: Protocol | undefined): { protocol: Protocol; url: string }[] {
  const isRoot = new URL(url).pathname === '/';
  const openai = [...(isRoot ? [{ protocol: 'openai' as const, url: `${url}/v1` }] : []), { protocol: 'openai', url }];
  const all = [{ protocol: 'oip', url }, { protocol: 'tei', url }, ...openai] as { protocol: Protocol; url: string }[];
  if (protocol !== undefined) return all.filter((each) => each.protocol === protocol);
  return url.endsWith('/v1') ? all.toReversed() : all;
}

/** Nobody there, or a door that stays shut: another protocol would fare no better. */
const isFinal = (error: TerraceError): boolean =>
  (EndpointUnreachableError.isInstance(error) && error.facts['phase'] === 'connect') || isKeyRefused(error);

const isKeyRefused = (error: unknown): error is EndpointRefusedError =>
  EndpointRefusedError.isInstance(error) &&
  (error.facts['status'] === 401 || error.facts['status'] === 403 || error.facts['variable'] !== undefined);

/** The same, with the name of the variable that the key is read from. */
export function withVariable(error: unknown, url: string): unknown {
  if (!isKeyRefused(error)) return error;
  const variable = keyVariable(new URL(url).origin);
  if (error.hint.includes(variable)) return error;
  return new EndpointRefusedError({
    message: error.message,
    hint: `Its key is read from the environment variable ${variable}; check that it is set, and right.`,
    facts: { ...error.facts, variable },
    cause: error,
  });
}

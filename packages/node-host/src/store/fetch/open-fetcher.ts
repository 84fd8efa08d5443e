import { join } from 'node:path';
import { openContentStore } from '../content/content-store.js';
import { createFetcher, type Fetcher } from './fetcher.js';
import { DEFAULT_HUB } from './hub-source.js';

/** The Hugging Face hub, or a mirror of it. */
export interface HubSettings {
  /** Its address, without a slash at the end. */
  readonly hub: string;
  /** Sent to the hub's host and to no other. */
  readonly hubToken: string | undefined;
  /** Whether models may be fetched without encryption from other hosts than this one. */
  readonly allowHttp?: boolean | undefined;
}

/**
 * `TERRACE_HUB` over what is configured over `HF_ENDPOINT` over huggingface.co. The token is `HF_TOKEN`; it goes to
 * huggingface.co and to what the environment names, which is its owner's own word. A file in the current folder may be
 * anybody's: a hub that only it names gets no token.
 */
export function hubSettings(
  environment: NodeJS.ProcessEnv = process.env,
  configured: { readonly hub?: string | undefined; readonly allowHttp?: boolean | undefined } = {},
): HubSettings {
  const { TERRACE_HUB, HF_ENDPOINT, HF_TOKEN } = environment;
  const hub = withoutSlash(TERRACE_HUB || configured.hub || HF_ENDPOINT || DEFAULT_HUB);
  const isOwn = [DEFAULT_HUB, TERRACE_HUB, HF_ENDPOINT].some((own) => own && withoutSlash(own) === hub);
  return {
    hub,
    hubToken: (isOwn && HF_TOKEN) || undefined,
    allowHttp: configured.allowHttp ?? false,
  };
}

const withoutSlash = (address: string): string => address.replace(/\/+$/, '');

/** The content store of a state folder, and the network that fills it. */
export async function openFetcher({
  home,
  hub,
  hubToken,
  allowHttp = false,
}: HubSettings & { readonly home: string }): Promise<Fetcher> {
  const store = await openContentStore(join(home, 'store'));
  const origin = URL.canParse(hub) ? new URL(hub).origin : undefined;
  const credentials = hubToken !== undefined && origin !== undefined ? { origin, token: hubToken } : undefined;
  const { clock } = store.host;
  return createFetcher({ store, transport: { fetch, clock, random: Math.random, allowHttp, credentials }, hub });
}

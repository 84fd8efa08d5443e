import { DESKS, type Server } from '../settings/settings.js';

/** What was typed into the form. */
export interface Wish {
  readonly address: string;
  readonly key: string;
  /** Of an OpenAI-compatible server. */
  readonly model: string;
}

export type FoundServer =
  | ({ readonly kind: 'found' } & Pick<Server, 'url' | 'protocol' | 'model' | 'domains'>)
  | { readonly kind: 'refused'; readonly why: Refusal };

/** Names of texts. */
export type Refusal =
  | 'wrongAddress'
  | 'mixedContent'
  | 'noAnswer'
  | 'keyRefused'
  | 'noDomains'
  | 'noModel'
  | 'noServer';

interface Network {
  readonly fetch: typeof fetch;
  /** Whether the page came over https. */
  readonly isEncrypted: boolean;
}

/** How long a server may take to say what it is. */
const PATIENCE_MS = 10_000;
const THIS_MACHINE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
/** A Terrace lists its ladders so, one a domain. */
const LADDER = /^(?:terrace\/)?auto:(.+)$/;

/** Asks what answers at an address: a Terrace, or a server that speaks OpenAI's protocol. */
export async function findServer({ address, key, model }: Wish, network: Network): Promise<FoundServer> {
  const url = addressOf(address);
  if (!url) return refused('wrongAddress');
  if (network.isEncrypted && url.protocol === 'http:' && !THIS_MACHINE.test(url.hostname))
    return refused('mixedContent');
  const base = url.href.replace(/\/+$/, '');
  const isOpenAi = model !== '' || base.endsWith('/v1');
  return isOpenAi ? findChat({ base, key, model }, network) : findTerrace({ base, key }, network);
}

function addressOf(text: string): URL | undefined {
  const address = text.trim();
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  return `${url.username}${url.password}${url.search}${url.hash}` === '' ? url : undefined;
}

async function findTerrace({ base, key }: { base: string; key: string }, network: Network): Promise<FoundServer> {
  const listed = await list(`${base}/v2/models`, key, network);
  if (typeof listed === 'string') return refused(listed);
  const offered = listed.flatMap((name) => LADDER.exec(name)?.[1] ?? []);
  const domains = DESKS.filter((desk) => offered.includes(desk));
  if (domains.length === 0) return refused('noDomains');
  return { kind: 'found', protocol: 'oip', url: base, model: 'auto:{domain}', domains };
}

async function findChat(
  { base, key, model }: { base: string; key: string; model: string },
  network: Network,
): Promise<FoundServer> {
  const url = base.endsWith('/v1') ? base : `${base}/v1`;
  const listed = await list(`${url}/models`, key, network);
  if (typeof listed === 'string') return refused(listed);
  const only = listed.length === 1 ? listed[0]! : '';
  const named = model.trim() || only;
  return named === '' ? refused('noModel') : { kind: 'found', protocol: 'openai', url, model: named };
}

/** The names of a server's models, whichever of the two ways it lists them. */
async function list(url: string, key: string, { fetch }: Network): Promise<string[] | Refusal> {
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json', ...(key !== '' && { authorization: `Bearer ${key}` }) },
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.status === 401 || response.status === 403) return 'keyRefused';
    if (!response.ok) return 'noServer';
    return namesIn(await response.json().catch(() => undefined)) ?? 'noServer';
  } catch {
    return 'noAnswer';
  }
}

function namesIn(body: unknown): string[] | undefined {
  const { models, data } = Object(body) as { readonly models?: unknown; readonly data?: unknown };
  const entries = models ?? data;
  if (!Array.isArray(entries)) return undefined;
  return entries.flatMap((entry) => {
    const { name, id } = Object(entry) as { readonly name?: unknown; readonly id?: unknown };
    const named = typeof entry === 'string' ? entry : (name ?? id);
    return typeof named === 'string' ? [named] : [];
  });
}

const refused = (why: Refusal): FoundServer => ({ kind: 'refused', why });

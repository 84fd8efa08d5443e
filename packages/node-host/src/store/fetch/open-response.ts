import { DownloadError, FetchFailure, isHtmlType, place, requireStatus, webPage, type OpenFile } from '@terrace/core';
import type { Transport } from './transport.js';

const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const HINTS: Readonly<Record<number, string>> = {
  401: 'The address needs a token (HF_TOKEN for the hub), or does not exist.',
  403: 'The token may not read it; on the hub, accept the terms of the model first.',
  404: 'Check the name of the model and its revision.',
};
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Follows redirects by hand: every hop is checked, and only the right host sees the token. */
export const openResponse =
  (transport: Transport): OpenFile =>
  async (url, { headers, signal }) => {
    let at = requireAddress(url, transport);
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const response = await ask(at, { headers, transport, signal });
      const target = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
      if (target === null) return requireUsable(response, at);
      await response.body?.cancel().catch(() => undefined);
      at = redirected(at, target, transport);
    }
    throw refused(at, `it redirects more than ${MAX_REDIRECTS} times`, 'Check the address.');
  };

async function ask(
  url: URL,
  {
    headers,
    transport,
    signal,
  }: { headers: Readonly<Record<string, string>>; transport: Transport; signal: AbortSignal },
): Promise<Response> {
  const { credentials } = transport;
  const authorization =
    credentials && credentials.origin === url.origin ? { authorization: `Bearer ${credentials.token}` } : {};
  try {
    // A compressed answer has neither the size nor the ranges of the file.
    const all = { 'accept-encoding': 'identity', ...headers, ...authorization };
    return await transport.fetch(url, { headers: all, redirect: 'manual', signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new FetchFailure(`${place(url.href)} cannot be reached: ${reasonOf(cause)}`, { cause });
  }
}

/** @throws DownloadError */
export function requireAddress(url: string, { allowHttp }: Pick<Transport, 'allowHttp'>): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) {
    const hint = 'Name an address that begins with https://.';
    throw new DownloadError({ message: `"${url.slice(0, 200)}" is no web address.`, hint });
  }
  if (parsed.username || parsed.password) {
    throw refused(parsed, 'there is a password in the address', 'Give a token by HF_TOKEN, or leave the password out.');
  }
  if (parsed.protocol === 'http:' && !allowHttp && !LOOPBACK.test(parsed.hostname)) {
    throw refused(
      parsed,
      'it is not encrypted',
      'Use https, or allow it: --allow-http, or allowHttp in terrace.config.json.',
    );
  }
  return parsed;
}

function redirected(from: URL, target: string, transport: Transport): URL {
  const to = URL.canParse(target, from.href) ? new URL(target, from) : undefined;
  if (!to || (to.protocol !== 'https:' && to.protocol !== from.protocol)) {
    throw refused(
      from,
      `it redirects to another kind of address (${to?.protocol ?? 'unreadable'})`,
      'Check the address.',
    );
  }
  return requireAddress(to.href, transport);
}

async function requireUsable(response: Response, url: URL): Promise<Response> {
  try {
    requireStatus(response, { url: url.href, hints: HINTS });
    const encoding = response.headers.get('content-encoding');
    if (encoding !== null && encoding !== 'identity') {
      const hint = 'Serve models without compression, or use another mirror.';
      throw refused(url, `it sends the file compressed (${encoding.slice(0, 40)})`, hint);
    }
    if (isHtmlType(response.headers.get('content-type'))) throw webPage(url.href);
    return response;
  } catch (error) {
    await response.body?.cancel().catch(() => undefined);
    throw error;
  }
}

const refused = (url: URL, why: string, hint: string): DownloadError =>
  new DownloadError({ message: `${place(url.href)} is not used: ${why}.`, hint, facts: { url: place(url.href) } });

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message;
}

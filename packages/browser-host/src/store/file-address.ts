import { DownloadError, place } from '@terrace/core';
import type { AddressedFile } from './addresses.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Beside the catalog that names it, or below its source. */
export function addressOf({ file, catalogUrl, source }: AddressedFile): string {
  if (source === undefined) return besides(catalogUrl, file.path);
  return `${source.replace(/\/$/, '')}/${encodeURIComponent(file.path.split('/').at(-1)!)}`;
}

/** The address of a file that lies in the folder of another, or below it. A query, such as an access key, stays. */
export function besides(address: string, path: string): string {
  const url = new URL(path.split('/').map(encodeURIComponent).join('/'), address);
  url.search = new URL(address).search;
  return url.href;
}

/**
 * Encrypted, or on this machine, or where the page itself is from.
 * @throws DownloadError
 */
export function requireAddress(address: string): void {
  const { protocol, hostname, origin } = new URL(address);
  const isWeb = protocol === 'https:' || protocol === 'http:';
  if (isWeb && (protocol === 'https:' || LOOPBACK.test(hostname) || origin === globalThis.origin)) return;
  throw new DownloadError({
    message: `${isWeb ? place(address) : `"${address.slice(0, 200)}"`} is not used: ${isWeb ? 'it is not encrypted' : 'it is no web address'}.`,
    hint: 'Use https, or serve the files from the origin of the page.',
    facts: { url: isWeb ? place(address) : protocol },
  });
}

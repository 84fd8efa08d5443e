import { basename } from 'node:path/posix';
import { place, readSmall } from '@terrace/core';
import type { StoreFiles } from '../content/store-host.js';
import { downloadPart } from './download.js';
import { openResponse, requireAddress } from './open-response.js';
import type { PullSource } from './pull-source.js';
import type { Transport } from './transport.js';

/** Files that stand beside a catalog or alone, and end an address that names them. */
const MANIFESTS = /(^|\/)(catalog|model|delta)\.json$/;

/**
 * A folder behind an address: `https://host/models/`, or the address of the catalog.json or model.json in it.
 * @throws DownloadError when the address is not acceptable
 */
export function urlSource(
  address: string,
  { transport, files }: { transport: Transport; files: StoreFiles },
): PullSource {
  const base = folderAddress(requireAddress(address, transport));
  const at = (path: string): string => addressOf(base, path);
  return {
    name: decodeURIComponent(basename(base.pathname)) || base.hostname,
    place: place(base.href),
    paths: undefined,
    // Without a query: a manifest is no place for an access key.
    origin: (folder) => place(at(folder === '' ? '' : `${folder}/`)),
    known: () => undefined,
    read: async (path, maxBytes, signal) =>
      (await readSmall(at(path), { maxBytes, open: openResponse(transport), ...transport, signal }))?.bytes,
    fill: (path, part, content, options) => downloadPart(at(path), part, { ...options, content, transport, files }),
  };
}

function folderAddress(url: URL): URL {
  const folder = new URL(url);
  folder.hash = '';
  folder.pathname = url.pathname.replace(MANIFESTS, '$1');
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  return folder;
}

/** The address of a path below a folder; a query, such as an access key, stays. */
function addressOf(base: URL, path: string): string {
  const url = new URL(path.split('/').map(encodeURIComponent).join('/'), base);
  url.search = base.search;
  return url.href;
}

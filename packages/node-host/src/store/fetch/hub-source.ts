import { createHash } from 'node:crypto';
import { ArtifactCorruptError, DownloadError, InvalidRequestError, readSmall, type SmallAnswer } from '@terrace/core';
import { z } from 'zod';
import { LIMITS } from '../add/source-folder.js';
import type { Content } from '../content/content-store.js';
import type { StoreFiles } from '../content/store-host.js';
import { downloadPart } from './download.js';
import type { PullSource } from './pull-source.js';
import { openResponse } from './open-response.js';
import type { Transport } from './transport.js';

export const DEFAULT_HUB = 'https://huggingface.co';

const NAME = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;
/** A commit may be followed by a folder of the repository, as `source` of a model.json writes it. */
const ADDRESS = /^hf:([^@]+)(?:@(.+))?$/;
const COMMIT = /^([0-9a-f]{40})(?:\/(.+))?$/;
const MAX_PAGES = 50;

const revisionSchema = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) });
const treeSchema = z
  .array(
    z.object({
      type: z.string(),
      path: z.string().max(1024),
      size: z.number().int().nonnegative(),
      oid: z.string().max(64),
      lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.number().int().nonnegative() }).optional(),
    }),
  )
  .max(10_000);

type Entry = z.infer<typeof treeSchema>[number];

export interface HubAddress {
  /** `owner/name`. */
  readonly id: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** Only behind a commit. */
  readonly folder: string | undefined;
}

/** `hf:owner/name[@revision]`, or with a folder, `hf:owner/name@commit/folder`. @throws InvalidRequestError */
export function parseHubAddress(address: string): HubAddress {
  const [, id = '', revision = 'main'] = ADDRESS.exec(address) ?? [];
  const [, commit, folder] = COMMIT.exec(revision) ?? [];
  const isSound = NAME.test(id) && /^[\w.\-/]{1,255}$/.test(revision) && !revision.split('/').includes('..');
  if (isSound) return { id, revision: commit ?? revision, folder };
  throw new InvalidRequestError({
    message: `"${address.slice(0, 200)}" names no repository of the hub.`,
    hint: 'Write hf:owner/name, or hf:owner/name@revision.',
  });
}

/** Where the hub, or a mirror of it, serves a file of a commit. */
export const hubFileUrl = (endpoint: string, { id, revision }: HubAddress, path: string): string =>
  `${endpoint}/${id}/resolve/${encodeURIComponent(revision)}/${path.split('/').map(encodeURIComponent).join('/')}`;

/**
 * A repository of the Hugging Face hub at one commit: what is pulled is what was listed, whatever happens to the
 * branch meanwhile.
 * @throws InvalidRequestError, DownloadError
 */
export async function hubSource(
  address: string,
  {
    endpoint,
    transport,
    files,
    signal,
  }: { endpoint: string; transport: Transport; files: StoreFiles; signal: AbortSignal },
): Promise<PullSource> {
  const named = parseHubAddress(address);
  const api = `${endpoint}/api/models/${named.id}`;
  const small = (url: string, maxBytes: number): Promise<SmallAnswer | undefined> =>
    readSmall(url, { maxBytes, open: openResponse(transport), ...transport, signal });
  const { sha: revision } = await readApi(`${api}/revision/${encodeURIComponent(named.revision)}`, revisionSchema);
  const entries = await readTree(`${api}/tree/${revision}?recursive=true`);
  const pinned = { ...named, revision };
  const at = (path: string): string => hubFileUrl(endpoint, pinned, path);

  async function readApi<T extends z.ZodType>(url: string, schema: T): Promise<z.infer<T>> {
    return (await readPage(url, schema)).value;
  }

  async function readPage<T extends z.ZodType>(url: string, schema: T): Promise<{ value: z.infer<T>; next?: string }> {
    const answer = await small(url, LIMITS.manifest);
    if (!answer) {
      throw new DownloadError({
        message: `${endpoint} has no ${named.id} at ${named.revision}.`,
        hint: 'Check the name and the revision; a private repository needs a token (HF_TOKEN).',
        facts: { repository: named.id, revision: named.revision },
      });
    }
    const next = /<([^>]+)>;\s*rel="next"/.exec(answer.link ?? '')?.[1];
    try {
      const value = schema.parse(JSON.parse(new TextDecoder().decode(answer.bytes)));
      return { value, ...(next !== undefined && { next: new URL(next, url).href }) };
    } catch (cause) {
      const hint = 'Check the address of the hub (TERRACE_HUB).';
      throw new DownloadError({ message: `${endpoint} does not answer as the hub does.`, hint, cause });
    }
  }

  async function readTree(first: string): Promise<Map<string, Entry>> {
    const found = new Map<string, Entry>();
    let url: string | undefined = first;
    for (let pages = 0; url !== undefined && pages < MAX_PAGES; pages++) {
      const page: { value: Entry[]; next?: string } = await readPage(url, treeSchema);
      for (const entry of page.value) if (entry.type === 'file') found.set(entry.path, entry);
      url = page.next;
    }
    return found;
  }

  return {
    name: named.id.split('/')[1]!,
    place: `hf:${named.id}@${revision}`,
    paths: [...entries.keys()],
    origin: (folder) => `hf:${named.id}@${revision}${folder === '' ? '' : `/${folder}`}`,
    known(path) {
      const lfs = entries.get(path)?.lfs;
      return lfs && { bytes: lfs.size, sha256: lfs.oid };
    },
    async read(path, maxBytes) {
      const entry = entries.get(path);
      if (!entry) return undefined;
      const bytes = (await small(at(path), maxBytes))?.bytes;
      if (bytes) requireListed(bytes, entry);
      return bytes;
    },
    fill: (path, part, content: Content, options) =>
      downloadPart(at(path), part, { ...options, content, transport, files }),
  };
}

/** Files in the large file storage go by their sha256, others by the id of a git blob. @throws ArtifactCorruptError */
function requireListed(bytes: Uint8Array, { path, oid, lfs }: Entry): void {
  const found = lfs
    ? createHash('sha256').update(bytes).digest('hex')
    : createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  if (found === (lfs?.oid ?? oid)) return;
  throw new ArtifactCorruptError({
    message: `${path} is not the file the hub lists: its hash is another one.`,
    hint: 'Try again, or use another mirror (TERRACE_HUB).',
    facts: { file: path, found },
  });
}

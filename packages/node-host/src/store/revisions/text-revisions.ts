import { existsSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  ArtifactCorruptError,
  folderName,
  InvalidCatalogError,
  UnknownRevisionError,
  type Catalog,
} from '@terrace/core';
import type { TextCatalog, TextDelta } from '@terrace/core/text';
import { requireSoundSignatures } from '../../trust/folder-signatures.js';
import { requireSigned } from '../../trust/signers.js';
import { DELTA_SIGNATURE } from '../../trust/signature-files.js';
import { makeFolder, withStaging, writeNew } from '../add/staging.js';
import { LIMITS, openSource } from '../add/source-folder.js';
import { swapTogether } from '../add/swap-together.js';
import type { ModelFolders } from '../catalog/model-folders.js';
import { readText } from '../catalog/read-text.js';
import {
  TEMPLATE_MANIFEST,
  TEXT_ADAPTER,
  TEXT_DELTA_MANIFEST,
  textDeltaPlace,
  textDomainPlace,
} from '../catalog/text-delta-place.js';
import { unwritable } from '../files/atomic-file.js';
import { contentId } from '../files/content-id.js';
import { syncFolder } from '../files/sync-folder.js';
import type { NodeRevisionsOptions } from './node-revisions.js';
import { linkTree } from './link-tree.js';
import { readWhole } from './pack-delta.js';
import { requireTextFit } from './require-text-fit.js';
import { REVISION_FILE } from './revision-folder.js';
import { readTextRevision, textRevisionText, type TextRevision } from './text-revision-file.js';

/** What of a delta's folder is kept; what lies beside them is nobody's. */
const FILES = [
  [TEXT_DELTA_MANIFEST, LIMITS.manifest],
  [TEXT_ADAPTER, LIMITS.tensors],
  [TEMPLATE_MANIFEST, LIMITS.manifest],
  [DELTA_SIGNATURE, LIMITS.text],
] as const;

export type TextRevisionsOptions = Omit<NodeRevisionsOptions, 'onActivated'>;

/** What a set of text deltas is known by: the same one is kept once. */
const idOf = (deltas: readonly Pick<TextDelta, 'contentId'>[]): string =>
  contentId(deltas.map((each) => each.contentId).toSorted());

/**
 * Text deltas of domains as revisions: every set that ever was in force is kept, and one is in force. Beside those of
 * encoders, which are known by heads, labels and a calibration, and swapped with them.
 */
export class TextRevisions {
  readonly #options: TextRevisionsOptions;
  readonly #root: string;
  readonly #overlay: string;

  constructor(options: TextRevisionsOptions) {
    this.#options = options;
    this.#root = join(options.home, 'text-revisions');
    this.#overlay = join(options.home, 'models');
  }

  /** Newest first. */
  async list(domain: string): Promise<readonly TextRevision[]> {
    const names = await readdir(this.#of(domain)).catch(() => []);
    const found = names.flatMap((id) => this.#find(domain, id) ?? []);
    return found.toSorted((a, b) => b.madeAtWallMs - a.madeAtWallMs || (a.id < b.id ? -1 : 1));
  }

  /** Every domain of which something is kept. */
  async domains(): Promise<readonly string[]> {
    const folders = await readdir(this.#root).catch(() => []);
    return folders.filter((name) => !name.startsWith('.')).map((name) => name.replace('+', '/'));
  }

  /** The one in force; undefined where that is none that was kept. */
  async current(domain: string): Promise<TextRevision | undefined> {
    const deltas = added(await this.#options.folders(), domain);
    return deltas.length === 0 ? undefined : this.#find(domain, idOf(deltas));
  }

  /**
   * Keeps what a folder holds, with the text deltas of its domain that stay.
   * @throws InvalidRequestError, InvalidCatalogError, ArtifactMissingError, DeltaMismatchError, InvalidSignatureError
   */
  async keep(source: string): Promise<TextRevision> {
    const folders = await this.#options.folders();
    return withStaging(this.#root, async (staging) => {
      const [fresh, folder] = [join(staging, 'fresh'), join(staging, 'new')];
      const { delta, text } = await this.#takeIn(source, fresh, folders);
      const { domain } = delta;
      const staying = added(folders, domain).filter(({ id, base }) => id !== delta.id && base?.id !== delta.base?.id);
      for (const each of staying) {
        await linkTree(join(this.#overlay, textDeltaPlace(each)), join(folder, textDeltaPlace(each)));
      }
      await linkTree(join(fresh, textDeltaPlace(delta)), join(folder, textDeltaPlace(delta)));
      await requireSoundSignatures({ path: fresh, catalog: catalogOf(text) }, this.#trust());
      return this.#put(folder, {
        domain,
        origin: 'attached',
        parent: idInForce(folders, domain),
        deltas: [...staying, delta],
      });
    });
  }

  /**
   * Puts a revision in force in one step; what was and was not kept is kept first.
   * @param id undefined for what there was before any
   * @throws UnknownRevisionError, ArtifactCorruptError, UntrustedSignerError, StorageError
   */
  async activate(domain: string, id: string | undefined): Promise<void> {
    const next = id === undefined ? undefined : this.require(domain, id);
    const folders = await this.#options.folders();
    await this.#keepFound(folders, domain);
    const place = textDomainPlace(domain);
    await withStaging(this.#overlay, async (staging) => {
      const isThere = next !== undefined && next.deltas.length > 0;
      if (isThere) await this.#stage(next, join(staging, 'new'));
      const away = isThere || !existsSync(join(this.#overlay, place)) ? [] : [place];
      const below = folders.folders[0]!.catalog;
      const places = isThere ? [place] : [];
      await swapTogether({
        overlay: this.#overlay,
        below,
        staging,
        places,
        away,
        signal: new AbortController().signal,
      });
    });
  }

  /** @throws UnknownRevisionError */
  require(domain: string, id: string): TextRevision {
    const found = this.#find(domain, id);
    if (found) return found;
    throw new UnknownRevisionError({
      message: `There is no revision ${id.slice(0, 12)} of the texts of "${domain}".`,
      hint: `\`terrace delta list ${domain}\` names those that are kept.`,
      facts: { domain, revision: id },
    });
  }

  /** A folder that somebody names, laid out and read. */
  async #takeIn(
    source: string,
    root: string,
    folders: ModelFolders,
  ): Promise<{ readonly delta: TextDelta; readonly text: TextCatalog }> {
    const given = await openSource(source);
    const { textDeltaManifestSchema } = await import('@terrace/core/text');
    const found = new Map<string, Uint8Array>();
    for (const [name, maxBytes] of FILES) {
      const file = await given.find(name, maxBytes);
      if (file) found.set(name, await readWhole(file));
    }
    const said = textDeltaManifestSchema.safeParse(jsonOf(found.get(TEXT_DELTA_MANIFEST)));
    if (!said.success) throw noManifest(source, said.error.issues[0]);
    const folder = join(root, textDeltaPlace(said.data));
    await makeFolder(folder);
    for (const [name, bytes] of found) await writeNew(join(folder, name), bytes);
    const text = await readText(
      root,
      [...found.keys()].map((name) => join(folder, name)),
    );
    const delta = text!.deltas[0]!;
    const templates = [...text!.templates, ...(folders.current().text?.templates ?? [])];
    if (delta.template !== undefined && !templates.some((each) => each.contentId === delta.template))
      throw noTemplate(delta);
    await requireTextFit(root, delta, folders);
    return { delta, text: text! };
  }

  async #keepFound(folders: ModelFolders, domain: string): Promise<void> {
    const deltas = added(folders, domain);
    if (deltas.length === 0 || this.#find(domain, idOf(deltas))) return;
    await withStaging(this.#root, async (staging) => {
      const folder = join(staging, 'new');
      await linkTree(join(this.#overlay, textDomainPlace(domain)), join(folder, textDomainPlace(domain)));
      await this.#put(folder, { domain, origin: 'found', parent: null, deltas });
    });
  }

  async #put(
    folder: string,
    {
      domain,
      origin,
      parent,
      deltas,
    }: Pick<TextRevision, 'domain' | 'origin' | 'parent'> & { deltas: readonly TextDelta[] },
  ): Promise<TextRevision> {
    const id = idOf(deltas);
    const known = this.#find(domain, id);
    if (known) return known;
    const said = deltas.map((each) => ({ id: each.id, contentId: each.contentId, kind: each.kind }));
    const madeAtWallMs = this.#options.clock.wallMs();
    const text = textRevisionText({ format: 1, domain, parent, madeAtWallMs, origin, deltas: said });
    await writeNew(join(folder, REVISION_FILE), text);
    const target = join(this.#of(domain), id);
    await makeFolder(dirname(target));
    await rename(folder, target).catch((cause: unknown) => {
      if (!this.#find(domain, id)) throw unwritable(target, cause);
    });
    await syncFolder(target);
    return this.require(domain, id);
  }

  /** Lays out a kept revision for the overlay, once every file was read and found to be what was kept. */
  async #stage({ id, domain, folder, deltas }: TextRevision, root: string): Promise<void> {
    const place = textDomainPlace(domain);
    await linkTree(join(folder, place), join(root, place));
    const files = (await readdir(join(root, place), { recursive: true })).map((name) => join(root, place, name));
    const text = await readText(root, files).catch(() => undefined);
    if (!text || idOf(text.deltas) !== idOf(deltas)) throw damaged(folder, id);
    const staged = { path: root, catalog: catalogOf(text) };
    if (this.#options.requireSignatures) await requireSigned(staged, this.#trust(), this.#overlay);
    await requireSoundSignatures(staged, this.#trust());
  }

  #trust(): { home: string; clock: NodeRevisionsOptions['clock'] } {
    const { home, clock } = this.#options;
    return { home, clock };
  }

  #of(domain: string): string {
    return join(this.#root, folderName(domain));
  }

  #find(domain: string, id: string): TextRevision | undefined {
    return /^[0-9a-f]{64}$/.test(id) ? readTextRevision(join(this.#of(domain), id), id) : undefined;
  }
}

const added = ({ folders }: ModelFolders, domain: string): readonly TextDelta[] =>
  (folders[1]?.catalog.text?.deltas ?? []).filter((delta) => delta.domain === domain);

function idInForce(folders: ModelFolders, domain: string): string | null {
  const deltas = added(folders, domain);
  return deltas.length === 0 ? null : idOf(deltas);
}

const catalogOf = (text: TextCatalog): Catalog => ({
  format: 1,
  revision: '',
  models: [],
  deltas: [],
  domains: [],
  ladders: [],
  text,
});

function jsonOf(bytes: Uint8Array | undefined): unknown {
  try {
    return bytes && JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

const noManifest = (
  folder: string,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): InvalidCatalogError =>
  new InvalidCatalogError({
    message: `${TEXT_DELTA_MANIFEST} in ${folder} cannot be used: ${issue?.path.map(String).join('.') || 'the top level'}: ${issue?.message ?? 'it is no object'}.`,
    hint: 'docs/deltas.md says what it holds.',
    facts: { folder },
  });

const noTemplate = ({ id, template }: TextDelta): InvalidCatalogError =>
  new InvalidCatalogError({
    message: `The delta "${id}" names a template ${template?.slice(0, 12)} that is not there.`,
    hint: `Put it beside the delta as ${TEMPLATE_MANIFEST}.`,
    facts: { delta: id, template },
  });

const damaged = (folder: string, id: string): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `The revision ${id.slice(0, 12)} is not what was kept: files in ${folder} have changed.`,
    hint: 'Choose another one (`terrace delta list`), or attach the delta again.',
    facts: { revision: id, folder },
  });

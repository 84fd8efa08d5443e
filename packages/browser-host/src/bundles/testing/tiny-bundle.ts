import {
  canonicalJson,
  contentId,
  deltaFolder,
  END_BYTES,
  keyIdOf,
  modelFolder,
  namedFilesOf,
  paddingOf,
  statementBytes,
  tarHeader,
  type BundleManifest,
  type Signed,
  type Statement,
} from '@terrace/core';
import { exampleCalibration, exampleDelta, exampleModel } from '@terrace/core/testing';
import { startHash } from '../../store/part.js';
import { someBytes } from '../../store/testing/scripted-site.js';
import { bundleCatalog } from '../bundle-catalog.js';

/** An entry as a test makes it: a header that may lie, and what follows it. */
export interface Part {
  readonly header: Uint8Array<ArrayBuffer>;
  readonly content: Uint8Array<ArrayBuffer>;
}

export const part = (path: string, content: Uint8Array<ArrayBuffer>): Part => ({
  header: tarHeader(path, content.length),
  content,
});

export const blobOf = (parts: readonly Part[]): Blob =>
  new Blob([
    ...parts.flatMap(({ header, content }) => [header, content, new Uint8Array(paddingOf(content.length))]),
    new Uint8Array(END_BYTES),
  ]);

export interface TinyBundle {
  readonly manifest: BundleManifest;
  /** Without those of the head. */
  readonly parts: readonly Part[];
}

export interface Tiny {
  readonly id?: string;
  readonly seed?: number;
  readonly licence?: string;
  readonly bytes?: number;
}

const encode = (value: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)) as Uint8Array<ArrayBuffer>;

export function sha256Of(content: Uint8Array): string {
  const hash = startHash();
  hash.update(content);
  return hash.digest();
}

/** One model of a few bytes with a delta of the domain `bank` and its calibration. Nothing of it can run. */
export function tinyBundle({ id = 'tiny', seed = 1, licence = 'MIT', bytes = 3000 }: Tiny = {}): TinyBundle {
  const contents = new Map<string, Uint8Array<ArrayBuffer>>();
  const put = (path: string, content: Uint8Array<ArrayBuffer>) => {
    contents.set(path, content);
    return { path, bytes: content.length, sha256: sha256Of(content) };
  };
  const own = modelFolder(id);
  const weights = put(`${own}/model.onnx`, someBytes(bytes, seed));
  const tokenizer = put(`${own}/tokenizer.json`, encode({ version: '1.0' }));
  put(`${own}/model.json`, encode({ id }));
  put(`${own}/LICENSE`, encode('As you like.\n'));
  const variants = [{ dtype: 'int8' as const, providers: ['wasm'], weights }];
  const model = exampleModel({ id, tokenizer, variants, licence });
  const place = deltaFolder({ domain: 'bank', base: { id, files: {} } });
  const head = put(`${place}/head.safetensors`, someBytes(700, seed + 1));
  const text = put(`${place}/delta.json`, encode({ id: `bank/${id}`, seed }));
  const idOfDelta = contentId([text.sha256, head.sha256].toSorted(), startHash);
  const delta = exampleDelta(model, { head, contentId: idOfDelta, rank: 0 });
  const bare = bundleCatalog({ models: [model], deltas: [delta], domains: [] });
  const calibration = put('deltas/bank/calibration.json', encode(exampleCalibration(bare)));
  const [domain] = bare.domains;
  const catalog = bundleCatalog({ models: [model], deltas: [delta], domains: [{ ...domain!, calibration }] });
  const files = [...contents.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, content]) => ({ path, bytes: content.length, sha256: sha256Of(content) }));
  if (namedFilesOf(catalog).some(({ path }) => !contents.has(path))) throw new Error('the catalog names other files');
  return { manifest: { format: 1, catalog, files }, parts: files.map(({ path }) => part(path, contents.get(path)!)) };
}

/** The manifest and the seal, in front of whatever follows. */
export async function headOf(manifest: BundleManifest, signer?: Signer): Promise<Part[]> {
  const text = encode(manifest);
  const sha256 = sha256Of(text);
  const signed = await signer?.sign(sha256);
  const seal = `${canonicalJson({ format: 1, sha256, ...(signed && { signed }) })}\n`;
  return [part('bundle.json', text), part('bundle.sig.json', encode(seal))];
}

export interface Signer {
  readonly publicKey: string;
  sign(sha256: string): Promise<Signed>;
}

export async function createSigner(): Promise<Signer> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const publicKey = base64(await crypto.subtle.exportKey('raw', pair.publicKey));
  return {
    publicKey,
    async sign(sha256) {
      const statement: Statement = {
        format: 1,
        kind: 'bundle',
        subject: 'bundle',
        sha256,
        signedAt: '2031-05-01T12:00:00Z',
        keyId: await keyIdOf(publicKey),
      };
      const signature = base64(await crypto.subtle.sign('Ed25519', pair.privateKey, statementBytes(statement)));
      return { envelope: { statement, signature }, publicKey, endorsements: [] };
    },
  };
}

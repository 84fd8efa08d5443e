import { resolve } from 'node:path';
import { openFolder } from '../../store/catalog/model-folders.js';
import { systemClock } from '../../system-clock.js';
import { createKey, exportKey, revokeKey, rotateKey, trustKey } from '../../trust/keys.js';
import { isOwn } from '../../trust/private-keys.js';
import { signFolder } from '../../trust/sign-folder.js';
import { openSigner } from '../../trust/signing.js';
import { readTrust, toTrusted, type TrustKey } from '../../trust/trust-file.js';
import { print, printJson, table, warn } from '../output.js';
import { readSettings, type GlobalFlags, type Settings } from '../settings.js';
import { short } from './models-catalog.js';

const clock = systemClock;

export interface KeyFlags extends GlobalFlags {
  readonly owner?: string;
  readonly out?: string;
  readonly key?: string;
  /** ISO 8601, UTC. */
  readonly notAfter?: string;
}

/** `terrace keys list`: the keys this device knows, and which of them it can sign with. */
export async function listKeys(flags: KeyFlags): Promise<number> {
  const { home } = await open(flags);
  const keys = (await readTrust(home)).map((key) => describeKey(home, key));
  if (flags.json) printJson({ keys });
  else if (keys.length === 0) print('No keys yet: `terrace keys create --owner NAME`, or `terrace keys trust FILE`.');
  else print(table([['key', 'owner', 'state', 'added', ''], ...keys.map(rowOf)]));
  return 0;
}

/** `terrace keys create --owner NAME`. */
export async function createKeyCommand(flags: KeyFlags): Promise<number> {
  const { home } = await open(flags);
  const key = await createKey({ owner: flags.owner ?? '', notAfter: flags.notAfter, home, clock });
  return tell(flags, home, key, `made the key ${key.keyId} of ${key.owner}; devices get it by \`terrace keys export\``);
}

/** `terrace keys export KEY --out FILE`. */
export async function exportKeyCommand(name: string, flags: KeyFlags): Promise<number> {
  const { home } = await open(flags);
  const out = resolve(flags.out!);
  const key = await exportKey({ name, out, home });
  return tell(flags, home, key, `wrote ${out}; on each device: \`terrace keys trust FILE\`, key id ${key.keyId}`);
}

/** `terrace keys trust FILE`. */
export async function trustKeyCommand(file: string, flags: KeyFlags): Promise<number> {
  const { home } = await open(flags);
  const key = await trustKey({ file: resolve(file), owner: flags.owner, notAfter: flags.notAfter, home, clock });
  return tell(flags, home, key, `${key.owner} is trusted with the key ${key.keyId}`);
}

/** `terrace keys rotate KEY`. */
export async function rotateKeyCommand(name: string, flags: KeyFlags): Promise<number> {
  const { home } = await open(flags);
  const key = await rotateKey({ name, home, clock });
  return tell(
    flags,
    home,
    key,
    `made the key ${key.keyId}; devices that trust the older key of ${key.owner} accept it`,
  );
}

/** `terrace keys revoke KEY`. */
export async function revokeKeyCommand(name: string, flags: KeyFlags): Promise<number> {
  const { home } = await open(flags);
  const key = await revokeKey({ name, home, clock });
  return tell(flags, home, key, `the key ${key.keyId} of ${key.owner} counts no more on this device`);
}

/** `terrace keys sign FOLDER`: the catalog of a folder, and each delta in it. */
export async function signCommand(folder: string, flags: KeyFlags, signal: AbortSignal): Promise<number> {
  const { home, models } = await open(flags);
  const signer = await openSigner({ home, name: flags.key, clock });
  const opened = await openFolder(resolve(folder));
  const bases = opened.path === models ? [] : await openFolder(models).then(({ catalog }) => catalog.models);
  const files = await signFolder({ folder: opened, bases, signer, signal });
  const { owner, keyId } = signer.key;
  if (flags.json)
    printJson({ folder: opened.path, revision: opened.catalog.revision, signer: { owner, keyId }, files });
  else print([`signed as ${owner} (${short(keyId)}):`, ...files.map((file) => `  ${file}`)].join('\n'));
  return 0;
}

async function open(flags: GlobalFlags): Promise<Settings> {
  const settings = await readSettings(flags);
  for (const warning of settings.warnings) warn(warning);
  return settings;
}

function describeKey(home: string, key: TrustKey) {
  const { keyId, owner, addedAt, notAfter, revokedAt, replacedBy } = key;
  const { notAfterMs } = toTrusted(key);
  const expired = notAfterMs !== undefined && clock.wallMs() >= notAfterMs;
  return {
    keyId,
    owner,
    state: revokedAt !== undefined ? 'revoked' : expired ? 'expired' : 'trusted',
    /** The private half is on this device. */
    own: isOwn(home, keyId),
    addedAt,
    notAfter: notAfter ?? null,
    revokedAt: revokedAt ?? null,
    replacedBy: replacedBy ?? null,
  };
}

function rowOf({ keyId, owner, state, own, addedAt, notAfter, replacedBy }: ReturnType<typeof describeKey>): string[] {
  const more = [
    ...(own ? ['signs here'] : []),
    ...(notAfter ? [`until ${notAfter}`] : []),
    ...(replacedBy ? [`replaced by ${short(replacedBy)}`] : []),
  ];
  return [keyId.slice(0, 16), owner, state, addedAt, more.join(', ')];
}

function tell(flags: GlobalFlags, home: string, key: TrustKey, text: string): number {
  if (flags.json) printJson({ ...describeKey(home, key), publicKey: key.publicKey });
  else print(text);
  return 0;
}

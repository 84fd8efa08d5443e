import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createKey, exportKey, revokeKey, rotateKey, trustKey } from './keys.js';
import { openSigner, signAs } from './signing.js';
import { judge } from './signed-by.js';
import { acceptKeys, readTrust } from './trust-file.js';

const clock = { wallMs: () => Date.parse('2031-05-01T12:00:00Z') };
const owner = 'ACME Models';
let home: string;
let device: string;

const temporaryFolder = (): string => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

beforeEach(() => {
  [home, device] = [temporaryFolder(), temporaryFolder()];
});

async function keyFile(name = owner): Promise<string> {
  const out = path.join(temporaryFolder(), 'acme.key');
  await exportKey({ name, out, home });
  return out;
}

const statement = { kind: 'bundle', subject: 'bundle', sha256: 'a'.repeat(64) } as const;

describe('a key', () => {
  it('has a private half that only its owner reads, and that is nowhere else', async () => {
    const { keyId } = await createKey({ owner, home, clock });
    const file = path.join(home, 'keys', `${keyId}.pem`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    const secret = readFileSync(file, 'utf8').split('\n')[1]!;
    expect(readFileSync(path.join(home, 'trust.json'), 'utf8')).not.toContain(secret);
    expect(readFileSync(await keyFile(), 'utf8')).not.toContain(secret);
  });

  it.runIf(process.platform !== 'win32')('signs nothing when others can read it', async () => {
    const { keyId } = await createKey({ owner, home, clock });
    chmodSync(path.join(home, 'keys', `${keyId}.pem`), 0o644);
    const signer = await openSigner({ home, name: undefined, clock });
    await expect(signAs(signer, statement)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it.each(['', 'a\nb', '\u001B[31m', 'x'.repeat(129)])('has an owner that can be printed: not %j', async (name) => {
    await expect(createKey({ owner: name, home, clock })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(readdirSync(home)).toEqual([]);
  });

  it('is found by the start of its id or by its owner', async () => {
    const { keyId } = await createKey({ owner, home, clock });
    for (const name of [keyId, keyId.slice(0, 8), owner]) {
      expect((await openSigner({ home, name, clock })).key.keyId).toBe(keyId);
    }
    for (const name of ['Nobody', keyId.slice(0, 7), `${keyId.slice(0, 8)}0000`]) {
      await expect(openSigner({ home, name, clock })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
    await createKey({ owner, home, clock });
    await expect(openSigner({ home, name: owner, clock })).rejects.toThrow(/More than one/);
  });

  it('that is revoked or expired signs nothing', async () => {
    const { keyId } = await createKey({ owner, home, clock });
    await revokeKey({ name: keyId, home, clock });
    await expect(openSigner({ home, name: keyId, clock })).rejects.toMatchObject({ code: 'SIGNER_UNTRUSTED' });
    await expect(rotateKey({ name: keyId, home, clock })).rejects.toMatchObject({ code: 'SIGNER_UNTRUSTED' });
    const old = await createKey({ owner, notAfter: '2031-05-01T12:00:00.000Z', home, clock });
    await expect(openSigner({ home, name: old.keyId, clock })).rejects.toMatchObject({ facts: { reason: 'expired' } });
  });

  it('is revoked once: the date stays', async () => {
    const { keyId } = await createKey({ owner, home, clock });
    const first = await revokeKey({ name: keyId, home, clock });
    const again = await revokeKey({ name: keyId, home, clock: { wallMs: () => 0 } });
    expect(again.revokedAt).toBe(first.revokedAt);
  });

  it('is rotated once; the new one goes on', async () => {
    const old = await createKey({ owner, home, clock });
    const fresh = await rotateKey({ name: old.keyId, home, clock });
    await expect(rotateKey({ name: old.keyId, home, clock })).rejects.toThrow(/rotated already/);
    expect((await openSigner({ home, name: undefined, clock })).key.keyId).toBe(fresh.keyId);
    expect((await signAs(await openSigner({ home, name: owner, clock }), statement)).endorsements).toHaveLength(1);
  });

  it('is rotated no more often than devices follow', async () => {
    let { keyId } = await createKey({ owner, home, clock });
    for (let i = 0; i < 8; i++) ({ keyId } = await rotateKey({ name: keyId, home, clock }));
    await expect(rotateKey({ name: keyId, home, clock })).rejects.toThrow(/follow no more/);
  });
});

describe('trusting a key file', () => {
  it('takes the key with its owner, or the owner that is given', async () => {
    const { keyId } = await createKey({ owner, home, clock });
    await trustKey({ file: await keyFile(), home: device, clock });
    await trustKey({ file: await keyFile(), owner: 'Our supplier', home: device, clock });
    expect(await readTrust(device)).toMatchObject([{ keyId, owner: 'Our supplier' }]);
    expect(existsSync(path.join(device, 'keys'))).toBe(false);
  });

  it('a key that a trusted one vouches for takes its name, and the older one says what replaced it', async () => {
    const old = await createKey({ owner, home, clock });
    await trustKey({ file: await keyFile(), owner: 'Our supplier', home: device, clock });
    const fresh = await rotateKey({ name: old.keyId, home, clock });
    await trustKey({ file: await keyFile(fresh.keyId), home: device, clock });
    expect(await readTrust(device)).toMatchObject([
      { keyId: old.keyId, replacedBy: fresh.keyId },
      { keyId: fresh.keyId, owner: 'Our supplier' },
    ]);
  });

  it('a revoked key vouches for none, and is not trusted again by its file', async () => {
    const old = await createKey({ owner, home, clock });
    const file = await keyFile();
    await trustKey({ file, home: device, clock });
    await revokeKey({ name: old.keyId, home: device, clock });
    const fresh = await rotateKey({ name: old.keyId, home, clock });
    for (const each of [file, await keyFile(fresh.keyId)]) {
      await expect(trustKey({ file: each, home: device, clock })).rejects.toMatchObject({ code: 'SIGNER_UNTRUSTED' });
    }
  });

  it.each<[string, (content: Record<string, unknown>) => unknown]>([
    ['not a key', () => ({ format: 1, owner, publicKey: 'AAAA' })],
    ['a later format', (content) => ({ ...content, format: 2 })],
    ['a number', () => 5],
    [
      'an endorsement of something else',
      (content) => ({ ...content, publicKey: Buffer.alloc(32, 1).toString('base64') }),
    ],
  ])('%s is refused', async (_, change) => {
    const { keyId } = await createKey({ owner, home, clock });
    const fresh = await rotateKey({ name: keyId, home, clock });
    const file = await keyFile(fresh.keyId);
    writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)));
    await expect(trustKey({ file, home: device, clock })).rejects.toMatchObject({
      code: expect.stringMatching(/INVALID_CATALOG|SIGNATURE_INVALID/) as string,
    });
    expect(readdirSync(device)).toEqual([]);
  });
});

describe('the trust file', () => {
  it('keeps both of two revocations that are made at once', async () => {
    const keys = [await createKey({ owner, home, clock }), await createKey({ owner: 'Other', home, clock })];
    await Promise.all(keys.map(({ keyId }) => revokeKey({ name: keyId, home, clock })));
    expect((await readTrust(home)).filter(({ revokedAt }) => revokedAt !== undefined)).toHaveLength(2);
    expect(existsSync(path.join(home, 'trust.lock'))).toBe(false);
  });

  it('takes in no key of one that was revoked after it had been judged', async () => {
    const { old, accepted } = await judgedAfterRotation();
    await revokeKey({ name: old.keyId, home: device, clock });
    await acceptKeys(device, accepted, clock.wallMs());
    expect(await readTrust(device)).toHaveLength(1);
  });

  it('keeps the end date its owner set for a key when the key is rotated', async () => {
    const notAfter = '2032-01-01T00:00:00.000Z';
    const { old, fresh, accepted } = await judgedAfterRotation(notAfter);
    await acceptKeys(device, accepted, clock.wallMs());
    expect(await readTrust(device)).toMatchObject([
      { keyId: old.keyId, notAfter },
      { keyId: fresh.keyId, notAfter },
    ]);
    // Neither does the file of the newer key, nor that of the older one once more.
    const other = temporaryFolder();
    await trustKey({ file: await keyFile(old.keyId), notAfter, home: other, clock });
    await trustKey({ file: await keyFile(fresh.keyId), home: other, clock });
    await trustKey({ file: await keyFile(old.keyId), home: other, clock });
    expect((await readTrust(other)).map((key) => key.notAfter)).toEqual([notAfter, notAfter]);
  });

  /** A device trusts a key, and has judged the signature of the one that took over from it. */
  async function judgedAfterRotation(notAfter?: string) {
    const old = await createKey({ owner, home, clock });
    await trustKey({ file: await keyFile(), notAfter, home: device, clock });
    const fresh = await rotateKey({ name: old.keyId, home, clock });
    const signed = await signAs(await openSigner({ home, name: fresh.keyId, clock }), statement);
    const verdict = await judge(signed, { kind: 'bundle', sha256: statement.sha256 }, { home: device, clock });
    return { old, fresh, accepted: verdict.kind === 'trusted' ? verdict.accepted : [] };
  }

  it('is refused when an id is not that of the key beside it', async () => {
    await createKey({ owner, home, clock });
    const file = path.join(home, 'trust.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"keyId": "[0-9a-f]{64}"/, `"keyId": "${'0'.repeat(64)}"`));
    await expect(readTrust(home)).rejects.toThrow(/trust file is wrong/);
  });
});

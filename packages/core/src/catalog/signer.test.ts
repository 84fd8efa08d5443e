import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.js';
import { keyIdOf, MAX_ENDORSEMENTS, publicKeySchema, signedSchema, statementBytes } from './signature.js';
import type { Endorsement, Envelope, Signed, Statement } from './signature.js';
import { judgeSignature, type TrustedKey } from './signer.js';

interface Key {
  readonly secret: KeyObject;
  readonly publicKey: string;
  readonly keyId: string;
}

function makeKey(): Key {
  const pair = generateKeyPairSync('ed25519');
  const raw = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x!, 'base64url');
  return {
    secret: pair.privateKey,
    publicKey: raw.toString('base64'),
    keyId: createHash('sha256').update(raw).digest('hex'),
  };
}

const SHA = 'a'.repeat(64);
const expected = { kind: 'bundle', sha256: SHA } as const;
const wallMs = 1_000_000;
const trust = ({ keyId }: Key, more: Partial<TrustedKey> = {}): TrustedKey => ({ keyId, owner: 'ACME', ...more });

function envelope(by: Key, what: Partial<Statement> = {}): Envelope {
  const signedAt = '2031-05-01T12:00:00Z';
  const statement: Statement = { format: 1, subject: 'x', signedAt, ...expected, keyId: by.keyId, ...what };
  return { statement, signature: sign(null, statementBytes(statement), by.secret).toString('base64') };
}

const endorse = (by: Key, of: Key): Endorsement => ({
  envelope: envelope(by, { kind: 'key', sha256: of.keyId }),
  publicKey: by.publicKey,
});

/** Signed by the first key; each key is endorsed by the next. */
function signedBy(...keys: readonly [Key, ...Key[]]): Signed {
  const endorsements = keys.slice(1).map((by, index) => endorse(by, keys[index]!));
  return { envelope: envelope(keys[0]), publicKey: keys[0].publicKey, endorsements };
}

const judge = (
  signed: Signed,
  trusted: readonly TrustedKey[],
  about: Parameters<typeof judgeSignature>[0]['expected'] = expected,
) => judgeSignature({ signed, expected: about, trusted, wallMs });

describe('a signature', () => {
  const key = makeKey();

  it('is believed when the trust file names its key', async () => {
    expect(await judge(signedBy(key), [trust(key)])).toEqual({
      kind: 'trusted',
      keyId: key.keyId,
      owner: 'ACME',
      accepted: [],
    });
  });

  it.each<[string, Partial<TrustedKey>, string]>([
    ['revoked', { revokedAtMs: 1 }, 'revoked'],
    ['revoked with a date to come: a clock may be wrong', { revokedAtMs: wallMs * 2 }, 'revoked'],
    ['at its end', { notAfterMs: wallMs }, 'expired'],
  ])('is not when the key is %s', async (_, state, reason) => {
    expect(await judge(signedBy(key), [trust(key, state)])).toEqual({ kind: 'untrusted', keyId: key.keyId, reason });
  });

  it('is not when nobody knows the key', async () => {
    expect(await judge(signedBy(key), [trust(makeKey())])).toMatchObject({ kind: 'untrusted', reason: 'unknown' });
  });

  it.each([
    ['another kind', { ...expected, kind: 'delta' }],
    ['another content', { ...expected, sha256: 'b'.repeat(64) }],
    ['another subject', { ...expected, subject: 'y' }],
  ] as const)('of %s is an error', async (_, about) => {
    await expect(judge(signedBy(key), [trust(key)], about)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('under the name of another key is an error', async () => {
    const signed = { ...signedBy(key), envelope: envelope(makeKey(), { keyId: key.keyId }) };
    await expect(judge(signed, [trust(key)])).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('with one changed bit is an error', async () => {
    const good = signedBy(key);
    await fc.assert(
      fc.asyncProperty(fc.nat(511), async (bit) => {
        const bytes = Buffer.from(good.envelope.signature, 'base64');
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const signed = { ...good, envelope: { ...good.envelope, signature: bytes.toString('base64') } };
        await expect(judge(signed, [trust(key)])).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
      }),
    );
  });
});

describe('endorsements', () => {
  const [newest, middle, oldest] = [makeKey(), makeKey(), makeKey()];

  it('lead from a new key to the one that is trusted, whose owner counts', async () => {
    const verdict = await judge(signedBy(newest, middle, oldest), [trust(oldest)]);
    expect(verdict).toMatchObject({
      kind: 'trusted',
      keyId: newest.keyId,
      owner: 'ACME',
      accepted: [{ keyId: newest.keyId }, { keyId: middle.keyId, publicKey: middle.publicKey }],
    });
  });

  it('stop at the first key that is known: one that is revoked is not overruled by an older one', async () => {
    const trusted = [trust(oldest), trust(middle, { revokedAtMs: 1 })];
    expect(await judge(signedBy(newest, middle, oldest), trusted)).toMatchObject({
      keyId: middle.keyId,
      reason: 'revoked',
    });
  });

  it('of a key that is revoked are worth nothing', async () => {
    expect(await judge(signedBy(newest, oldest), [trust(oldest, { revokedAtMs: 1 })])).toMatchObject({
      kind: 'untrusted',
    });
  });

  it.each<[string, (good: Signed) => Signed]>([
    ['for another key', (good) => ({ ...good, endorsements: [endorse(oldest, makeKey())] })],
    [
      'that nobody signed',
      (good) => ({ ...good, endorsements: [{ ...endorse(makeKey(), newest), publicKey: oldest.publicKey }] }),
    ],
    ['in a circle', (good) => ({ ...good, endorsements: [endorse(oldest, newest), endorse(newest, oldest)] })],
    [
      'that is a signature of a bundle',
      (good) => ({
        ...good,
        endorsements: [{ envelope: envelope(oldest, { sha256: newest.keyId }), publicKey: oldest.publicKey }],
      }),
    ],
  ])('%s are an error, also when they are not needed', async (_, change) => {
    const signed = change(signedBy(newest));
    await expect(judge(signed, [trust(newest), trust(oldest)])).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it(`are at most ${MAX_ENDORSEMENTS}`, () => {
    const keys = Array.from({ length: MAX_ENDORSEMENTS + 2 }, makeKey) as [Key, ...Key[]];
    expect(signedSchema.safeParse(signedBy(...keys)).success).toBe(false);
    expect(signedSchema.safeParse(signedBy(...(keys.slice(1) as [Key, ...Key[]]))).success).toBe(true);
  });
});

describe('what is signed', () => {
  it('has one text, whatever the order of its fields', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('starts with what no other program signs', () => {
    const [text] = [envelope(makeKey())].map(({ statement }) => new TextDecoder().decode(statementBytes(statement)));
    expect(text).toMatch(/^terrace signed statement, format 1\n\{"format":1,"keyId":/);
  });

  it('names keys by the sha256 of their bytes, in the one base64 there is for them', async () => {
    const { publicKey, keyId } = makeKey();
    expect(await keyIdOf(publicKey)).toBe(keyId);
    expect(publicKeySchema.safeParse(publicKey).success).toBe(true);
    // The last character of 32 bytes holds two bits that mean nothing.
    const other = publicKey.replace(/.=$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}=`);
    for (const wrong of [other, publicKey.slice(0, -1), ` ${publicKey}`, `${publicKey}\n`, '', 'A'.repeat(1e6)]) {
      expect(publicKeySchema.safeParse(wrong).success).toBe(false);
    }
  });
});

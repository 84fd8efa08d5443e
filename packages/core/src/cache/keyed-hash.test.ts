import { createHash, createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { createKeyedHash } from './keyed-hash.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

it.each([1, 32, 64])('a keyed hash is HMAC-SHA-256 with a secret of %i bytes', (length) => {
  const secret = Uint8Array.from({ length }, (_, i) => 255 - i);
  const keyed = createKeyedHash(secret, startHash);
  for (const text of ['', 'a', 'größer als ein Block: '.repeat(9)]) {
    expect(keyed(text)).toBe(createHmac('sha256', secret).update(text).digest('hex'));
  }
});

import { writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../store/bundle/testing/tiny-models.js';
import { readTls } from './read-tls.js';

const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

describe('what a server encrypts with', () => {
  it('is nothing unless it is asked for', async () => {
    expect(await readTls({ cert: undefined, key: undefined })).toBeUndefined();
  });

  it('is refused where it is no certificate, before a server is made of it, and never shown', async () => {
    const folder = temporaryFolder();
    const [cert, key, none] = ['cert.pem', 'key.pem', 'none.pem'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(cert, 'not a certificate');
    writeFileSync(key, privateKey);
    for (const files of [
      { cert, key },
      { cert: key, key },
      { cert, key: undefined },
      { cert: none, key },
    ]) {
      const refused = readTls(files);
      await expect(refused).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      await expect(refused).rejects.not.toThrow(/not a certificate|PRIVATE KEY/);
    }
  });
});

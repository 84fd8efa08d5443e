import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { InvalidRequestError } from '@terrace/core';
import type { ServerOptions } from './server-options.js';

/**
 * Reads what a server encrypts with, and tries whether it can.
 * @param files PEM files; undefined are both or none of them
 * @throws InvalidRequestError
 */
export async function readTls(files: {
  readonly cert: string | undefined;
  readonly key: string | undefined;
}): Promise<ServerOptions['tls']> {
  if (files.cert === undefined && files.key === undefined) return undefined;
  if (files.cert === undefined || files.key === undefined) {
    throw new InvalidRequestError({
      message: 'A certificate and its private key are needed.',
      hint: 'Give both --tls-cert and --tls-key.',
    });
  }
  const tls = { cert: await readPem(files.cert), key: await readPem(files.key) };
  try {
    createSecureContext(tls);
  } catch (cause) {
    throw new InvalidRequestError({
      message: `Nothing can be encrypted with ${files.cert} and ${files.key} (${(cause as NodeJS.ErrnoException).code}).`,
      hint: 'Give a certificate and the private key it was made with, both as PEM, the key without a passphrase.',
      cause,
    });
  }
  return tls;
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(resolve(file), 'utf8');
  } catch (cause) {
    throw new InvalidRequestError({
      message: `${file} cannot be read (${(cause as NodeJS.ErrnoException).code}).`,
      hint: 'Check the path and its permissions.',
      cause,
    });
  }
}

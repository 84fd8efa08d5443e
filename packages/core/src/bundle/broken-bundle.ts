import { InvalidBundleError } from '../errors/invalid-bundle-error.js';

/** @param file what the bundle is called, for people */
export function brokenBundle(file: string, why: string, cause?: unknown): InvalidBundleError {
  return new InvalidBundleError({
    message: `${file} is not a whole bundle: ${why}.`,
    hint: 'Copy it again from where it was made, and compare the sha256 of both; nothing was installed.',
    facts: { file },
    cause,
  });
}

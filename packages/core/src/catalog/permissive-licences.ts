/** SPDX ids of licences that ask for nothing but a notice: accepted without a question. */
const PERMISSIVE: ReadonlySet<string> = new Set(
  [
    '0BSD',
    'Apache-2.0',
    'BlueOak-1.0.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'BSL-1.0',
    'CC-BY-3.0',
    'CC-BY-4.0',
    'CC0-1.0',
    'ISC',
    'MIT',
    'MIT-0',
    'PDDL-1.0',
    'Unlicense',
    'Zlib',
  ].map((id) => id.toLowerCase()),
);

/**
 * Whether a licence, an SPDX id or ids joined by AND and OR without brackets, needs nobody's consent: what brackets
 * mean is for a person to read. Publishers write ids in any case.
 */
export const isPermissive = (licence: string): boolean =>
  !/[()]/.test(licence) &&
  licence
    .split(/ or /i)
    .some((choice) => choice.split(/ and /i).every((id) => PERMISSIVE.has(id.trim().toLowerCase())));

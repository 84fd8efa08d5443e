import { InvalidOptionError } from './invalid-option-error.js';

/** As every address in a page: `<base>` counts. */
export const resolve = (address: string | URL): URL => new URL(address, document.baseURI);

/**
 * Looks at what the application has decided, before anything is loaded for it.
 * @throws InvalidOptionError naming the first wrong option
 */
export function checkOptions(options: unknown): void {
  const given = Object(options) as Readonly<Record<string, unknown>>;
  if (given['catalogUrl'] !== null) requireAddress('catalogUrl', given['catalogUrl']);
  if (given['assetsUrl'] !== undefined) requireAddress('assetsUrl', given['assetsUrl']);
  for (const name of ['memoryBytes', 'idleUnloadMs', 'threads']) requireCount(name, given[name]);
  for (const name of ['trustedKeys', 'endpoints', 'redaction', 'budgets']) requireList(name, given[name]);
  for (const endpoint of (given['endpoints'] ?? []) as unknown[]) {
    const { model, url } = Object(endpoint) as Readonly<Record<string, unknown>>;
    // The rest of it is looked at by what asks it.
    if (url !== undefined) continue;
    const { doGenerate, doEmbed } = Object(model) as Readonly<Record<string, unknown>>;
    if (typeof (doGenerate ?? doEmbed) === 'function') continue;
    throw wrong('the `model` of one of its endpoints', inWords(model), 'a model of the AI SDK');
  }
}

function requireAddress(name: string, given: unknown): void {
  const isAddress = typeof given === 'string' || given instanceof URL;
  if (isAddress && URL.canParse(given, document.baseURI) && /^https?:$/.test(resolve(given).protocol)) return;
  throw wrong(name, inWords(given), 'a web address, absolute or relative to the page');
}

function requireCount(name: string, given: unknown): void {
  if (given === undefined || (typeof given === 'number' && given > 0)) return;
  throw wrong(name, typeof given === 'number' ? `${given}` : inWords(given), 'a number above 0');
}

function requireList(name: string, given: unknown): void {
  if (given !== undefined && !Array.isArray(given)) throw wrong(name, inWords(given), 'a list');
}

const inWords = (given: unknown): string => (typeof given === 'string' ? `"${given}"` : typeof given);

const wrong = (option: string, found: string, expected: string): InvalidOptionError =>
  new InvalidOptionError({
    message: `createBrowserRuntime cannot begin: ${option} is ${found}, and not ${expected}.`,
    hint: 'Correct the options that it is called with.',
    facts: { option },
  });

import { isUtf8 } from 'node:buffer';
import { InvalidRequestError } from '@terrace/core';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The key that would reach for an object's prototype, however its letters are written. */
const PROTO_KEY =
  /"(?:_|\\u005[Ff]){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006[Ff])(?:t|\\u0074)(?:o|\\u006[Ff])(?:_|\\u005[Ff]){2}"\s*:/;

/**
 * Reads a body as JSON. What is nested too deeply is refused before it is built.
 * @throws InvalidRequestError when it is not UTF-8, not JSON or nested too deeply; never with what it says
 */
export function parseJsonBody(bytes: Buffer, maxDepth: number): unknown {
  if (!isUtf8(bytes)) throw refuse('The body is not UTF-8.', 'Encode it as UTF-8.');
  if (isDeeperThan(bytes, maxDepth)) {
    throw refuse(`The body is nested more than ${maxDepth} levels deep.`, 'Send arrays and objects that are flatter.');
  }
  const text = bytes.toString('utf8');
  if (PROTO_KEY.test(text)) throw refuse('The body has a key "__proto__".', 'Leave it out.');
  try {
    return JSON.parse(text);
  } catch (error) {
    const [, at] = /position (\d+)/.exec((error as Error).message) ?? [];
    throw refuse(
      at === undefined ? 'The body is not JSON.' : `The body is not JSON: see position ${at}.`,
      'Send one JSON value, with content-type: application/json.',
    );
  }
}

/** One pass over the bytes, without building anything; what is not JSON is found out by the parser. Pure. */
export function isDeeperThan(bytes: Buffer, maxDepth: number): boolean {
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    switch (bytes[i]) {
      case QUOTE:
        i = endOfString(bytes, i + 1);
        break;
      case 0x5b:
      case 0x7b:
        depth++;
        if (depth > maxDepth) return true;
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        break;
    }
  }
  return false;
}

/** Index of the quote that ends a string, or behind the last byte. */
function endOfString(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from); at !== -1; at = bytes.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (bytes[at - 1 - backslashes] === BACKSLASH && at - 1 - backslashes >= from) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return bytes.length;
}

const refuse = (message: string, hint: string): InvalidRequestError => new InvalidRequestError({ message, hint });

import { unreadable } from './unreadable.js';

/** Bytes that are looked at to tell text from other things. */
const LOOK = 65_536;
/** Of text, the share of control characters that are none of white space is 0; one that slipped in is no reason. */
const MAX_CONTROL_SHARE = 0.02;

/**
 * Bytes as text: as their byte order mark says, else as `declared`, else UTF-8, UTF-16 or, where they are none of these,
 * Windows-1252.
 * @param declared the name of an encoding, as an HTML page declares it
 * @throws InvalidDocumentError for what is no text
 */
export function decodeText(bytes: Uint8Array, declared?: string): string {
  const text = decode(bytes, declared);
  const seen = text.slice(0, LOOK);
  const controls = seen.match(/[^\P{Cc}\t\n\f\r\v]/gu)?.length ?? 0;
  if (controls > seen.length * MAX_CONTROL_SHARE) throw unreadable('binary');
  return text;
}

function decode(bytes: Uint8Array, declared: string | undefined): string {
  const [first, second] = bytes;
  // A decoder leaves the mark of its own encoding out.
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  const wide = wideOf(bytes.subarray(0, LOOK));
  if (wide !== undefined) return new TextDecoder(wide).decode(bytes);
  // Who can read that a page is in UTF-16 has not read it as that.
  const said = declared === undefined || /^utf-?16/i.test(declared) ? undefined : decodeStrictly(bytes, declared);
  return said ?? decodeStrictly(bytes, 'utf-8') ?? decodeWindows(bytes);
}

const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Node decodes Windows-1252 as Latin-1, whose places 0x80 to 0x9f are control characters. */
const decodeWindows = (bytes: Uint8Array): string =>
  new TextDecoder('windows-1252')
    .decode(bytes)
    .replaceAll(/[\u0080-\u009f]/g, (control) => WINDOWS_1252[control.charCodeAt(0) - 0x80] ?? control);

/** Undefined where they are not in this encoding, or nobody knows it. */
function decodeStrictly(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** UTF-16 without a mark: of most scripts' spaces and line feeds, and of all Latin letters, one byte is zero. */
function wideOf(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const zeros = [0, 0];
  for (const [at, byte] of bytes.entries()) if (byte === 0) zeros[at % 2]!++;
  const [even, odd] = zeros as [number, number];
  if (even + odd < bytes.length / 20) return undefined;
  if (even * 20 < odd) return 'utf-16le';
  return odd * 20 < even ? 'utf-16be' : undefined;
}

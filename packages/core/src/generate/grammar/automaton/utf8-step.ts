/** Inside a character: how many bytes are to come, and for the first of them what it may be. */
export const BOUNDARY = 0;
const [ONE, TWO, THREE, AFTER_E0, AFTER_ED, AFTER_F0, AFTER_F4] = [1, 2, 3, 4, 5, 6, 7];

/**
 * Well-formed UTF-8, byte by byte: no overlong forms, no surrogates, nothing above U+10FFFF (Unicode, table 3-7).
 * @returns the next state, -1 when the byte may not come
 */
export function utf8Step(state: number, byte: number): number {
  switch (state) {
    case BOUNDARY:
      if (byte < 0x80) return BOUNDARY;
      if (byte < 0xc2 || byte > 0xf4) return -1;
      if (byte < 0xe0) return ONE!;
      if (byte < 0xf0) return byte === 0xe0 ? AFTER_E0! : byte === 0xed ? AFTER_ED! : TWO!;
      return byte === 0xf0 ? AFTER_F0! : byte === 0xf4 ? AFTER_F4! : THREE!;
    case ONE:
      return within(byte, 0x80, 0xbf, BOUNDARY);
    case TWO:
      return within(byte, 0x80, 0xbf, ONE!);
    case THREE:
      return within(byte, 0x80, 0xbf, TWO!);
    case AFTER_E0:
      return within(byte, 0xa0, 0xbf, ONE!);
    case AFTER_ED:
      return within(byte, 0x80, 0x9f, ONE!);
    case AFTER_F0:
      return within(byte, 0x90, 0xbf, TWO!);
    case AFTER_F4:
      return within(byte, 0x80, 0x8f, TWO!);
    default:
      return -1;
  }
}

/** Bytes of the character that are to come. */
export function utf8Left(state: number): number {
  if (state === ONE) return 1;
  if (state === TWO || state === AFTER_E0 || state === AFTER_ED) return 2;
  return state === BOUNDARY ? 0 : 3;
}

function within(byte: number, from: number, to: number, next: number): number {
  return byte >= from && byte <= to ? next : -1;
}

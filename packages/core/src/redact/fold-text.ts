/** The zeros of digits people type beside ASCII: Arabic-Indic, its extended form, Devanagari, full width. */
const ZEROS = [0x660, 0x6f0, 0x966, 0xff10];

const FOREIGN = /[^\0-\x7f]/g;
const SPACE = /[\u00a0\u2000-\u200a\u202f\u205f\u3000]/;
const DASH = /[\u00ad\u2010-\u2015\u2212\u2500]/;
/** Japanese long vowels, which stand for a dash between digits and are letters elsewhere. */
const LONG_VOWEL = /(?<=\d)[\u30fc\uff70](?=\d)/g;

/**
 * Writes digits, letters, signs, dashes and spaces of other widths and scripts as ASCII, one code unit for one, so that
 * positions in the folded text are positions in the text.
 */
export function foldText(text: string): string {
  return text.replace(FOREIGN, foldUnit).replace(LONG_VOWEL, '-');
}

function foldUnit(unit: string): string {
  const code = unit.charCodeAt(0);
  for (const zero of ZEROS) if (code >= zero && code < zero + 10) return String(code - zero);
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0);
  if (SPACE.test(unit)) return ' ';
  return DASH.test(unit) ? '-' : unit;
}

import type { Span } from './span.js';

/** Characters of an IBAN by country, as registered with SWIFT. */
const LENGTHS: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ' +
    'ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 ' +
    'LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 ' +
    'PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const START = /(?<![A-Za-z0-9])[A-Za-z]{2}[ -]?\d[ -]?\d/g;
const WORD = /[A-Za-z0-9]/;
const SEPARATOR = /[ -]/;

/** International bank account numbers, in groups or not: the length of their country and the check digits are right. */
export function findIbans(folded: string): Span[] {
  const spans: Span[] = [];
  for (const { index } of folded.matchAll(START)) {
    const end = endOfIban(folded, index);
    if (end !== undefined) spans.push({ start: index, end, kind: 'iban' });
  }
  return spans;
}

function endOfIban(folded: string, start: number): number | undefined {
  const length = LENGTHS.get(folded.slice(start, start + 2).toUpperCase());
  if (length === undefined) return undefined;
  let compact = '';
  let index = start;
  for (; compact.length < length; index += 1) {
    const unit = folded.charAt(index);
    if (WORD.test(unit)) compact += unit;
    else if (!SEPARATOR.test(unit) || !WORD.test(folded.charAt(index - 1))) return undefined;
  }
  return !WORD.test(folded.charAt(index)) && checks(compact.toUpperCase()) ? index : undefined;
}

/** ISO 7064 MOD 97-10: the country and check digits go to the end, letters count from ten. */
function checks(compact: string): boolean {
  let rest = 0;
  for (const unit of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(unit, 36);
    rest = (rest * (value < 10 ? 10 : 100) + value) % 97;
  }
  return rest === 1;
}

import type { Span } from './span.js';

/** Letters of scripts that put spaces between words; others run on, as in "連絡先はtaro@example.jpまで". */
const SPACED = '\\p{Script=Latin}\\p{Script=Greek}\\p{Script=Cyrillic}\\p{M}\\d';
const ANY = '\\p{L}\\p{M}\\p{N}';
const LOCAL = new RegExp(`[${SPACED}.!#$%&'*+=^_\`{|}~-]`, 'u');
const LOCAL_OF_ANY_SCRIPT = new RegExp(`[${ANY}._+-]`, 'u');
/** What surrounds an address in running text rather than begins one. */
const LEADING_SIGN = /[.!#$%&'*=^`{|}~-]/;
const QUOTED = /"[^"\n@]{1,64}"$/;
const DOMAIN = new RegExp(`[${SPACED}](?:[${SPACED}-]|\\.(?=[${SPACED}]))*`, 'uy');
const DOMAIN_OF_ANY_SCRIPT = new RegExp(`[${ANY}](?:[${ANY}-]|\\.(?=[${ANY}]))*`, 'uy');
const TOP_LEVEL = /\.\p{L}[\p{L}\p{M}\p{N}-]+$/u;
const ADDRESS_LITERAL = /\[[\da-f.:]{3,45}\]/iy;

/**
 * E-mail addresses: something before each `@` and a domain with a dot behind it. Nothing is read twice, because neither
 * side can hold another `@`.
 */
export function findEmails(folded: string): Span[] {
  const spans: Span[] = [];
  for (let at = folded.indexOf('@'); at !== -1; at = folded.indexOf('@', at + 1)) {
    const start = startOfLocal(folded, at);
    const end = endOfDomain(folded, at + 1);
    if (start !== undefined && end !== undefined) spans.push({ start, end, kind: 'email' });
  }
  return spans;
}

function startOfLocal(folded: string, at: number): number | undefined {
  const quoted = QUOTED.exec(folded.slice(Math.max(0, at - 66), at));
  if (quoted) return at - quoted[0].length;
  const member = LOCAL.test(folded.charAt(at - 1)) ? LOCAL : LOCAL_OF_ANY_SCRIPT;
  let start = at;
  while (start > 0 && member.test(folded.charAt(start - 1))) start -= 1;
  while (start < at && LEADING_SIGN.test(folded.charAt(start))) start += 1;
  return start < at ? start : undefined;
}

function endOfDomain(folded: string, from: number): number | undefined {
  const literal = matchAt(ADDRESS_LITERAL, folded, from);
  if (literal !== undefined) return from + literal.length;
  const domain = matchAt(DOMAIN, folded, from) ?? matchAt(DOMAIN_OF_ANY_SCRIPT, folded, from);
  // A hyphen at the end belongs to the sentence, and a number is no top-level domain.
  const name = domain?.slice(0, lastNonHyphen(domain));
  return name !== undefined && TOP_LEVEL.test(lastLabel(name)) ? from + name.length : undefined;
}

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

function lastNonHyphen(text: string): number {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) === '-') end -= 1;
  return end;
}

/** With its dot. */
const lastLabel = (name: string): string => name.slice(Math.max(0, name.lastIndexOf('.')));

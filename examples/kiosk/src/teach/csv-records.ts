/** Fields of one row, and the line it begins on. */
interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

export type Csv =
  | { readonly kind: 'records'; readonly records: readonly CsvRecord[] }
  /** A quote that stands inside of a field, or never ends. */
  | { readonly kind: 'fault'; readonly line: number };

const DELIMITERS = [',', ';', '\t'] as const;

/** What parts the columns: the first of the usual ones that the header has. */
export const delimiterOf = (source: string): string =>
  DELIMITERS.find((each) => source.split(/\r?\n/, 1)[0]!.includes(each)) ?? ',';

/**
 * Rows of CSV as RFC 4180 has it: quoted fields may hold anything, quotes doubled. Rows with nothing in them are none, and
 * blanks around a field none of it.
 */
export function csvRecords(source: string, delimiter: string): Csv {
  const quoted = / *"([^"]*(?:""[^"]*)*)" */y;
  const plain = delimiter === '\t' ? /[^"\t\r\n]*/y : new RegExp(`[^"${delimiter}\\r\\n]*`, 'y');
  const breaks = /\r\n|\n|\r/y;
  const records: CsvRecord[] = [];
  let at = 0;
  let line = 1;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source) ?? undefined;
    at += found?.[0].length ?? 0;
    return found;
  };
  while (at < source.length) {
    const fields: string[] = [];
    const begin = line;
    do {
      if (fields.length > 0) at += delimiter.length;
      const inQuotes = take(quoted);
      line += inQuotes?.[1]!.match(/\n|\r(?!\n)/g)?.length ?? 0;
      fields.push(inQuotes ? inQuotes[1]!.replaceAll('""', '"') : take(plain)![0].trim());
    } while (source[at] === delimiter);
    if (at < source.length && !take(breaks)) return { kind: 'fault', line: begin };
    line++;
    if (fields.some((field) => field.trim() !== '')) records.push({ line: begin, fields });
  }
  return { kind: 'records', records };
}

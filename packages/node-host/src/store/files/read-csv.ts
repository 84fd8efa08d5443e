import { pipeline, Readable } from 'node:stream';
import { parse, type Info } from 'csv-parse';

/** A row with its columns by name, lower-case, and the line of the file that it begins on. */
export interface CsvRow {
  readonly number: number;
  readonly columns: Readonly<Record<string, string | undefined>>;
}

/** As many characters as a line of JSON may have. */
const MAX_RECORD_SIZE = 512 * 1024;

const DELIMITERS = [',', ';', '\t'] as const;
export type CsvDelimiter = (typeof DELIMITERS)[number];

/** What parts the columns of a header; undefined when the line is not one that has all of these columns. */
export function csvDelimiter(header: string, columns: readonly string[]): CsvDelimiter | undefined {
  return DELIMITERS.find((delimiter) => {
    const names = header.split(delimiter).map(columnName);
    return columns.every((column) => names.includes(column));
  });
}

const columnName = (cell: string): string => cell.trim().replaceAll('"', '').trim().toLowerCase();

/**
 * Rows of a CSV file with a header, as spreadsheets write them: quotes, line breaks within quotes, empty lines.
 * @throws CsvError with the line, and what reading throws
 */
export async function* readCsv(input: AsyncIterable<Buffer>, delimiter: CsvDelimiter): AsyncGenerator<CsvRow> {
  const parser = parse({
    columns: (header) => header.map(columnName),
    delimiter,
    info: true,
    max_record_size: MAX_RECORD_SIZE,
    raw: true,
    relax_column_count_less: true,
    // Of a text that lacks its quotes: what comes after its first comma would be taken for the label. Tabs are in no text.
    relax_column_count_more: delimiter === '\t',
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    trim: true,
  });
  const parsed = pipeline(Readable.from(withUnixBreaks(input)), parser, () => undefined);
  for await (const { record, info, raw } of parsed as AsyncIterable<Parsed>) {
    const breaks = raw.replace(/^\n+/, '').replace(/\n$/, '').split('\n').length - 1;
    yield { number: info.lines - breaks, columns: record };
  }
}

interface Parsed {
  readonly record: CsvRow['columns'];
  readonly info: Info;
  readonly raw: string;
}

/** The parser counts "\r\n" as one line in some places and as two in others. */
async function* withUnixBreaks(input: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    const text = rest + decoder.decode(chunk, { stream: true });
    rest = text.endsWith('\r') ? '\r' : '';
    yield text.slice(0, text.length - rest.length).replaceAll('\r\n', '\n');
  }
  yield rest + decoder.decode();
}

import { csvRecords, delimiterOf } from './csv-records.js';

/** A labelled text, and the line it stands on. */
export interface Example {
  readonly text: string;
  readonly label: string;
  readonly line: number;
}

/** Why a line cannot be used. */
export type FaultKind = 'not-json' | 'no-fields' | 'no-columns' | 'column-count' | 'quote' | 'blank';

export type Parsed =
  | { readonly kind: 'examples'; readonly examples: readonly Example[] }
  | { readonly kind: 'faulty'; readonly why: FaultKind; readonly line: number }
  /** There is nothing to read. */
  | { readonly kind: 'empty' };

const faulty = (why: FaultKind, line: number): Parsed => ({ kind: 'faulty', why, line });

export const isJsonLines = (source: string): boolean => source.trimStart().startsWith('{');

/**
 * Labelled texts of JSON lines, `{"text": "...", "label": "..."}`, or of CSV with the columns `text` and `label`. One
 * line that cannot be used refuses all: half of what somebody meant is not what they meant.
 */
export function parseExamples(source: string): Parsed {
  const given = source.replace(/^\uFEFF/, '');
  if (given.trim() === '') return { kind: 'empty' };
  return isJsonLines(given) ? parseJsonLines(given) : parseCsv(given);
}

function parseJsonLines(source: string): Parsed {
  const examples: Example[] = [];
  for (const [index, json] of source.split(/\r\n|\n|\r/).entries()) {
    const line = index + 1;
    if (json.trim() === '') continue;
    let given: unknown;
    try {
      given = JSON.parse(json);
    } catch {
      return faulty('not-json', line);
    }
    const { text, label } = Object(given) as { readonly text?: unknown; readonly label?: unknown };
    if (typeof text !== 'string' || typeof label !== 'string') return faulty('no-fields', line);
    if (isBlank(text, label)) return faulty('blank', line);
    examples.push({ text, label: label.trim(), line });
  }
  return { kind: 'examples', examples };
}

function parseCsv(source: string): Parsed {
  const csv = csvRecords(source, delimiterOf(source.trimStart()));
  if (csv.kind === 'fault') return faulty(csv.line === 1 ? 'no-columns' : 'quote', csv.line);
  const [header, ...rows] = csv.records;
  if (!header) return { kind: 'empty' };
  const columns = header.fields.map((name) => name.trim().toLowerCase());
  const [text, label] = [columns.indexOf('text'), columns.indexOf('label')];
  if (text === -1 || label === -1) return faulty('no-columns', header.line);
  const examples: Example[] = [];
  for (const { fields, line } of rows) {
    if (fields.length !== columns.length) return faulty('column-count', line);
    if (isBlank(fields[text]!, fields[label]!)) return faulty('blank', line);
    examples.push({ text: fields[text]!, label: fields[label]!.trim(), line });
  }
  return examples.length === 0 ? { kind: 'empty' } : { kind: 'examples', examples };
}

const isBlank = (...values: readonly string[]): boolean => values.some((value) => value.trim() === '');

import { delimiterOf } from './csv-records.js';
import { isJsonLines, type Example } from './parse-examples.js';

/** What was written with one example more, as the lines before it are written; with nothing before it, as CSV. */
export function withExample(source: string, { text, label }: Pick<Example, 'text' | 'label'>): string {
  const before = source.trim() === '' ? 'text,label' : source.trimEnd();
  if (isJsonLines(before)) return `${before}\n${JSON.stringify({ text, label })}\n`;
  const header = before.split(/\r?\n/, 1)[0]!;
  const delimiter = delimiterOf(header);
  const fields = header.split(delimiter).map((name) => {
    const column = name.trim().replaceAll('"', '').toLowerCase();
    return inCsv(column === 'text' ? text : column === 'label' ? label : '');
  });
  return `${before}\n${fields.join(delimiter)}\n`;
}

const inCsv = (value: string): string => (/[",;\t\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

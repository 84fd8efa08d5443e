import { isRecord } from '../../tasks/text-generation/is-record.js';
import type { OutputFormat } from '../../tasks/text-generation/generation.js';
import { matches } from '../../tasks/text-generation/matches.js';

/** Whether a text is what it was to be; undefined where any text is. */
export function isValid(format: OutputFormat, text: string): boolean | undefined {
  switch (format.kind) {
    case 'text':
      return undefined;
    case 'json':
      return isRecord(readJson(text));
    case 'schema':
      return matches(format.schema, readJson(text));
    case 'enum':
      return format.values.includes(text);
    default:
      return format satisfies never;
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

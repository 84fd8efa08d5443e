import type { Format } from '../i18n/format.js';
import type { TeachTexts } from '../i18n/teach-en.js';
import type { DataFinding } from './taught.js';

interface Words {
  readonly texts: TeachTexts;
  readonly format: Format;
}

/** A finding as a sentence, and the first of its lines that one may want to change. */
export interface Told {
  readonly sentence: string;
  readonly line: number | undefined;
}

const MOST_LINES = 8;

export function tellLines(lines: readonly number[], { texts, format }: Words): string {
  const more = lines.length - MOST_LINES;
  return texts.lines(
    lines.slice(0, MOST_LINES).map((line) => format.count(line)),
    more > 0 ? format.count(more) : undefined,
  );
}

export function tellFinding(finding: DataFinding, words: Words): Told {
  const { texts, format } = words;
  switch (finding.kind) {
    case 'duplicate':
    case 'near-duplicate':
      return {
        sentence: texts.found[finding.kind](tellLines(finding.lines, words), finding.label),
        line: finding.lines.at(-1),
      };
    case 'contradiction':
      return {
        sentence: texts.found.contradiction(tellLines(finding.lines, words), finding.labels.join(', ')),
        line: finding.lines[0],
      };
    case 'imbalance': {
      const { largest, ratio, smallest } = finding;
      return { sentence: texts.found.imbalance(largest, format.count(Math.round(ratio)), smallest), line: undefined };
    }
    case 'few-examples':
      return {
        sentence: texts.found['few-examples'](finding.label, format.count(finding.rows)),
        line: undefined,
      };
    case 'label-error': {
      const { line, label, suggested } = finding;
      return { sentence: texts.found['label-error'](format.count(line), label, suggested), line };
    }
    case 'leakage': {
      const { line, evaluationLine } = finding;
      return { sentence: texts.found.leakage(format.count(evaluationLine), format.count(line)), line };
    }
    default:
      return finding satisfies never;
  }
}

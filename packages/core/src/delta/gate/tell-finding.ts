import type { DataFinding } from './data-report.js';

/** A finding as a sentence. */
export function tellFinding(finding: DataFinding): string {
  switch (finding.kind) {
    case 'duplicate':
      return `Lines ${linesOf(finding.lines)} say the same, all as "${finding.label}".`;
    case 'near-duplicate':
      return `Lines ${linesOf(finding.lines)} say nearly the same, all as "${finding.label}".`;
    case 'contradiction':
      return `Lines ${linesOf(finding.lines)} say (nearly) the same under several labels: ${finding.labels.join(', ')}.`;
    case 'imbalance':
      return `"${finding.largest}" has ${Math.round(finding.ratio)} times as many rows as "${finding.smallest}".`;
    case 'few-examples':
      return `"${finding.label}" has ${finding.rows} ${finding.rows === 1 ? 'row' : 'rows'}; five or more are better.`;
    case 'label-error':
      return `Line ${finding.line} is labelled "${finding.label}", and looks like "${finding.suggested}".`;
    case 'leakage':
      return `Line ${finding.evaluationLine} of the evaluation data is ${finding.exact ? '' : 'nearly '}line ${finding.line} of the training data.`;
    default:
      return finding satisfies never;
  }
}

const MOST_LINES = 8;

const linesOf = (lines: readonly number[]): string =>
  lines.length > MOST_LINES
    ? `${lines.slice(0, MOST_LINES).join(', ')} and ${lines.length - MOST_LINES} more`
    : `${lines.slice(0, -1).join(', ')} and ${lines.at(-1)}`;

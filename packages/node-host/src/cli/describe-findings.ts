import type { DataFinding, DataReport } from '@terrace/core/deltas';
import { percent } from './output.js';

type Kind = DataFinding['kind'];

/** Of one kind; the rest is counted. */
const SHOWN = 20;

const TITLES: Readonly<Record<Kind, string>> = {
  duplicate: 'repeated rows',
  'near-duplicate': 'nearly repeated rows',
  contradiction: 'rows with several labels',
  imbalance: 'uneven labels',
  'few-examples': 'labels with few rows',
  'label-error': 'likely wrong labels',
  leakage: 'rows that are in the evaluation data as well',
};

/** Where a line is, in words: there may be several files. */
interface Places {
  readonly training: (line: number) => string;
  readonly evaluation: (line: number) => string;
}

const AS_THEY_ARE: Places = { training: String, evaluation: String };

/** What the data gate found, kind by kind, with line numbers. */
export function describeFindings({ rows, labels, findings, leftOut }: DataReport, places = AS_THEY_ARE): string {
  const kinds = (Object.keys(TITLES) as Kind[]).flatMap((kind) => {
    const found = findings.filter((finding) => finding.kind === kind);
    if (found.length === 0) return [];
    const shown = found.slice(0, SHOWN).map((finding) => `  ${describeFinding(finding, places)}`);
    const more = found.length > SHOWN ? [`  and ${found.length - SHOWN} more`] : [];
    return [`${TITLES[kind]}: ${found.length}`, ...shown, ...more];
  });
  const out = leftOut.lines.length + leftOut.evaluationLines.length;
  return [
    `data: ${rows} rows, ${labels} labels; ${findings.length === 0 ? 'nothing to be said against them' : 'what was found:'}`,
    ...kinds,
    ...(out > 0
      ? [`left out: ${leftOut.lines.length} rows, ${leftOut.evaluationLines.length} of the evaluation data`]
      : []),
  ].join('\n');
}

function describeFinding(finding: DataFinding, { training, evaluation }: Places): string {
  switch (finding.kind) {
    case 'duplicate':
    case 'near-duplicate':
      return `lines ${finding.lines.map(training).join(', ')}: ${finding.label}`;
    case 'contradiction':
      return `lines ${finding.lines.map(training).join(', ')}: ${finding.labels.join(', ')}`;
    case 'imbalance':
      return `"${finding.largest}" has ${finding.ratio.toFixed(0)} times as many rows as "${finding.smallest}"`;
    case 'few-examples':
      return `${finding.label}: ${finding.rows}`;
    case 'label-error':
      return `line ${training(finding.line)}: "${finding.label}", rather "${finding.suggested}" (by ${percent(finding.margin)})`;
    case 'leakage':
      return `line ${training(finding.line)}: ${finding.exact ? '' : 'nearly '}line ${evaluation(finding.evaluationLine)} of the evaluation data`;
  }
  return finding satisfies never;
}

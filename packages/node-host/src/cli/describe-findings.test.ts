import type { DataFinding } from '@terrace/core/deltas';
import { expect, it } from 'vitest';
import { describeFindings } from './describe-findings.js';

const nothing = { lines: [], evaluationLines: [] };

it('says that nothing was found', () => {
  expect(describeFindings({ rows: 20, labels: 2, findings: [], leftOut: nothing })).toBe(
    'data: 20 rows, 2 labels; nothing to be said against them',
  );
});

it('names lines, kind by kind', () => {
  const findings: DataFinding[] = [
    { kind: 'leakage', line: 9, evaluationLine: 3, exact: false },
    { kind: 'duplicate', lines: [1, 4], label: 'a' },
    { kind: 'contradiction', lines: [2, 5], labels: ['a', 'b'] },
    { kind: 'imbalance', ratio: 12.2, largest: 'a', smallest: 'b' },
    { kind: 'few-examples', label: 'b', rows: 2 },
    { kind: 'label-error', line: 7, label: 'a', suggested: 'b', margin: 0.8 },
  ];
  expect(describeFindings({ rows: 9, labels: 2, findings, leftOut: { lines: [4], evaluationLines: [3] } })).toBe(
    [
      'data: 9 rows, 2 labels; what was found:',
      'repeated rows: 1',
      '  lines 1, 4: a',
      'rows with several labels: 1',
      '  lines 2, 5: a, b',
      'uneven labels: 1',
      '  "a" has 12 times as many rows as "b"',
      'labels with few rows: 1',
      '  b: 2',
      'likely wrong labels: 1',
      '  line 7: "a", rather "b" (by 80.0 %)',
      'rows that are in the evaluation data as well: 1',
      '  line 9: nearly line 3 of the evaluation data',
      'left out: 1 rows, 1 of the evaluation data',
    ].join('\n'),
  );
});

it('counts what would be too much to read', () => {
  const findings = Array.from({ length: 25 }, (_, i): DataFinding => ({
    kind: 'few-examples',
    label: `l${i}`,
    rows: 1,
  }));
  const text = describeFindings({ rows: 25, labels: 25, findings, leftOut: nothing });
  expect(text).toContain('labels with few rows: 25');
  expect(text).toContain('  and 5 more');
  expect(text.split('\n')).toHaveLength(23);
});

import type { FitReport } from '@terrace/core/deltas';
import { expect, it } from 'vitest';
import { describeFit } from './describe-fit.js';

const share = { value: 0.9, interval: [0.8, 1], rows: 60 } as const;
const comparison = { accuracy: share, subDomains: {}, costRatio: 1 };
const revision = {
  id: 'a'.repeat(64),
  domain: 'parts',
  parent: undefined,
  madeAtWallMs: 0,
  origin: 'fitted',
  deltas: [],
  decision: undefined,
} as const;
const report: FitReport = {
  domain: 'parts',
  data: { rows: 60, labels: 3, findings: [], leftOut: { lines: [], evaluationLines: [] } },
  rungs: [],
  calibrated: undefined,
  decision: { kind: 'promote', reason: 'first', comparison },
  revision,
  promoted: true,
};

it('says by what tiers accept where too few rows were there to calibrate on', () => {
  expect(describeFit(report)).toContain(
    'not calibrated, there are too few rows: tiers accept on a high raw score only',
  );
  const later: FitReport = { ...report, decision: { kind: 'promote', reason: 'better', comparison } };
  expect(describeFit(later)).toContain('not calibrated anew');
  const guess: FitReport = { ...report, decision: { kind: 'keep', reason: 'no-better-than-guessing', comparison } };
  expect(describeFit(guess)).not.toContain('anew');
});

it('says what answers now, and what would change it', () => {
  expect(describeFit(report)).toContain('takes it back');
  const kept = { ...report, promoted: false };
  expect(describeFit(kept, 'b'.repeat(64))).toContain('puts it in force all the same');
  expect(describeFit(kept, revision.id)).toContain('goes on answering parts');
});

it('says on which rows it was calibrated, and how often requests asked for their labels', () => {
  const basis = 'held-out';
  expect(describeFit({ ...report, calibrated: { rows: 400, basis } })).toContain('calibrated on 400 rows; held out');
  const traffic = { requests: 3000, rows: 1978, overlap: 1 };
  expect(describeFit({ ...report, calibrated: { rows: 560, basis, traffic } })).toContain(
    'calibrated on 560 of 1978 rows, with labels as often as 3000 requests asked for them; held out',
  );
  const part = { ...traffic, overlap: 0.8 };
  expect(describeFit({ ...report, calibrated: { rows: 560, basis, traffic: part } })).toContain(
    'asked for them, as far as there are rows of them (80.0 %); held out',
  );
});

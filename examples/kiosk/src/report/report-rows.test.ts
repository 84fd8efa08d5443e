import { describe, expect, it } from 'vitest';
import { createFormat } from '../i18n/format.js';
import { EN } from '../i18n/en.js';
import { reportRows } from './report-rows.js';

const part = (count: number, share: number | undefined) => ({ count, share });
const right = { n: 4, count: 3, share: 0.75, interval: [0.2, 0.99] as const };
const times = { n: 10, meanMs: 3, p50Ms: 1.2, p95Ms: 12 };
const report = {
  requests: 10,
  accepted: part(8, 0.8),
  climbed: part(3, 0.3),
  leftDevice: part(0, 0),
  latency: { all: times, fromMemory: { ...times, n: 0 }, byPlacement: {} },
  costUsd: { total: 0, allCloud: 0.0123 },
  energyJoules: { total: 0.25, allCloud: undefined },
  sentBytes: { total: 0, allCloud: 52_000 },
  feedback: { given: part(4, 0.4), right, rightOfAccepted: right },
};
const rows = (changes: object = {}) =>
  Object.fromEntries(reportRows({ ...report, ...changes } as typeof report, { texts: EN, format: createFormat('en') }));

describe('the report in words', () => {
  it('has what was spent beside what the cloud would have taken, where that is known', () => {
    expect(rows()).toMatchObject({
      Questions: '10',
      Climbed: '3 (30%)',
      'Typical time': '1.2 ms',
      Spent: '$0 · $0.0123 if all had gone to the cloud',
      Energy: '0.25 J',
      Sent: '0 bytes · 52 kB if all had gone to the cloud',
      'Found right': '3 of 4 judged',
    });
  });

  it('claims nothing where nobody has judged', () => {
    const nobody = { given: part(0, 0), right: { n: 0, count: 0, share: undefined } };
    expect(rows({ feedback: nobody })['Found right']).toBe('–');
  });
});

import { createLedgerTally, type CloudReference, type LedgerReport, type OutcomeRecord } from '@terrace/core';
import { outcomeEntry } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { describeReport } from './describe-report.js';

const cloud: CloudReference = {
  id: 'big',
  placement: 'cloud',
  costPerCallUsd: () => 0.002,
  overheadBytes: () => 984,
  p50Ms: 800,
  p95Ms: 2400,
  energyPerCallJoules: 864,
  assumptions: ['no call to it was measured'],
};

const quiet = { degraded: false, audit: false, textBytes: 40, sentBytes: 0, costUsd: 0, energyJoules: 0.5 };
type Row = readonly [changes: Partial<OutcomeRecord>, right?: boolean];

function reportOf(rows: readonly Row[], changes: Partial<CloudReference> = {}): LedgerReport {
  const tally = createLedgerTally({ ...cloud, ...changes });
  for (const [outcome, right] of rows) {
    const { record } = outcomeEntry({ ...quiet, atWallMs: 1_767_261_600_000, ...outcome });
    tally.add(record, right === undefined ? undefined : { right });
  }
  return tally.report();
}

const words = (rows: readonly Row[], changes?: Partial<CloudReference>): string =>
  describeReport(reportOf(rows, changes), {});

const MIXED: readonly Row[] = [
  [{ totalMs: 5 }, true],
  [{ totalMs: 5 }],
  [{ totalMs: 5, verdict: 'abstain' }, false],
  [{ totalMs: 90, tier: 'base', path: 'nano+base', placement: 'site', sentBytes: 512, costUsd: 0.002 }, true],
  [{ verdict: 'failed', path: '', degraded: false }],
];

describe('a report for people', () => {
  it('says how requests ended, who answered, what is known of it, how long it took and what was spent', () => {
    expect(words(MIXED)).toBe(
      [
        'requests   5  from 2026-01-01 10:00 to 2026-01-01 10:00 UTC',
        'accepted   3  60.0 %',
        'abstained  1  20.0 %, not sure enough for what was asked',
        'degraded   0  0.0 %, only the best answer so far',
        'failed     1  20.0 %',
        'aborted    0  0.0 %',
        'climbed    1  20.0 %, asked more than one tier',
        'left       1  20.0 %, sent to another machine',
        '',
        'answered by                  answers  of all  right, by feedback',
        '  nano       on this device  3        60.0 %  50.0 % (1.3 % to 98.7 %) of 2',
        '  base       at the site     1        20.0 %  100.0 % (2.5 % to 100.0 %) of 1',
        '',
        'right',
        '  feedback       66.7 % (9.4 % to 99.2 %)     on 3 of 4 answers; who speaks up is no random sample',
        '  accepted only  100.0 % (15.8 % to 100.0 %)  on 2 of 3 accepted answers',
        '',
        'latency           mean     median   p95',
        '  on this device  5.0 ms   5.0 ms   5.0 ms',
        '  at the site     90.0 ms  90.0 ms  90.0 ms',
        '  all             26.3 ms  5.0 ms   90.0 ms',
        '  all to big               800 ms   2400 ms',
        '',
        'spent     as it was  all to big  of that',
        '  cost    $0.0020    $0.010      20.0 %',
        '  energy  2.50 J     4.3 kJ      0.1 %',
        '  sent    512 B      5.0 KiB     10.0 %',
        '',
        'assumed of big',
        '  no call to it was measured',
      ].join('\n'),
    );
  });

  it('says how to make a request or to look elsewhere when there is none', () => {
    expect(words([])).toBe('no requests yet: `terrace run` makes one');
    expect(describeReport(reportOf([]), { since: 1000, domain: 'bank' })).toBe(
      'no requests in the domain bank in that time: `terrace run` makes one',
    );
  });

  it('says how to give feedback when nobody has', () => {
    expect(words([[{}]])).toContain('nothing is known: `terrace feedback REQUEST right|wrong` says so');
    expect(words([[{ audit: true }]])).toContain('1 answer was drawn at random for an audit; none of them was judged');
  });

  it('gives the audit apart from what people chose to say', () => {
    const text = words([[{ audit: true, auditProbability: 0.01 }, true], [{ audit: true }], [{}, false]]);
    expect(text).toContain('feedback  50.0 % (1.3 % to 98.7 %)    on 2 of 3 answers');
    expect(text).toContain('audit     100.0 % (2.5 % to 100.0 %)  on 1 of 2 drawn at random');
  });

  it('says what came from memory, what that saved and how much of it was wrong', () => {
    const saved = { savedUsd: 0.25, savedTokens: 1200, savedMs: 800 };
    const again: Row = [{ totalMs: 1, tokens: 0, cache: { kind: 'exact', ...saved } }];
    const nothing = { savedUsd: 0, savedTokens: 0, savedMs: 0 };
    const audit: Row = [{ totalMs: 5, cache: { kind: 'audit', ...nothing, right: true, probability: 0.02 } }];
    const text = words([again, again, [{ totalMs: 1, cache: { kind: 'semantic', ...saved } }], audit]);
    expect(text).toContain(
      [
        'from memory',
        '  exact      2      50.0 %, the same request',
        '  semantic   1      25.0 %, one that is alike',
        '  saved      $0.75  3,600 tokens, 2400 ms of computing',
        '  audits     1      0.0 % (0.0 % to 97.5 %) wrong, of hits that were computed all the same',
      ].join('\n'),
    );
    expect(text).toContain('  from memory     1.0 ms');
    expect(words(MIXED)).not.toContain('from memory');
  });

  it('does not invent what cannot be known', () => {
    const text = words(MIXED, { energyPerCallJoules: undefined, assumptions: [], costPerCallUsd: () => 0 });
    expect(text).toMatch(/energy {2}2\.50 J +unknown$/m);
    expect(text).toMatch(/cost +\$0\.0020 +\$0\.00$/m);
    expect(text).not.toContain('assumed');
    expect(words([[{ verdict: 'failed', path: '' }]])).not.toContain('answered by');
    expect(words([[{ atWallMs: 1e300 }]])).toContain('an unknown time');
  });

  it('warns of a tier whose answers are wrong more often than it says, and says what to do', () => {
    const rows = Array.from({ length: 100 }, (_, index): Row => [{ confidence: 0.98 }, index >= 30]);
    expect(words(rows)).toMatch(
      /\nwarning: nano in bank: by the newest feedback at least 22\.\d % of its accepted answers are wrong \(30 of 100\), and its confidences speak of 2\.0 %\n {2}Its requests .*`terrace calibrate`/,
    );
  });
});

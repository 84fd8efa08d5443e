import { describe, expect, it } from 'vitest';
import { describeLearning, describeLearnRun } from './describe-learning.js';

const nothing = { correction: 0, teacher: 0, agreement: 0, data: 0 };
const at = Date.UTC(2026, 0, 2, 3, 4);

describe('what is said of learning', () => {
  it('is how to switch it on, where it is off', () => {
    const said = describeLearning({ on: false, status: { paused: false, domains: [] }, lessons: [] });
    expect(said).toBe(
      'learning is off: set "learning": true in terrace.config.json, or TERRACE_LEARNING=1\nnothing was learnt yet',
    );
  });

  it('is what was learnt from whom, where it stands, and what it saved', () => {
    const promotion = { revision: 'a'.repeat(64), atWallMs: at, lessons: 40, climbedBefore: 0.9, climbedSince: 0.05 };
    const bank = {
      domain: 'bank',
      waiting: { ...nothing, correction: 2, teacher: 7 },
      stage: { kind: 'gathering' as const, wanted: 21 },
      promotions: [promotion, { ...promotion, climbedBefore: undefined }],
    };
    const lessons = [
      { domain: 'bank', label: 'card', source: 'teacher' as const, lessons: 7 },
      { domain: 'bank', label: 'pin', source: 'correction' as const, lessons: 2 },
    ];
    const said = describeLearning({ on: true, status: { paused: true, domains: [bank] }, lessons }).split('\n');
    expect(said).toEqual([
      'learning is on, and paused',
      'bank: 2 from people, 7 from larger tiers since the last promotion',
      '  by label: card 7, pin 2',
      '  gathering: 21 more lessons are wanted for a fit',
      '  promoted aaaaaaaaaaaa on 2026-01-02T03:04 from 40 lessons; requests of what it learnt climbed 90.0 % before, 5.0 % since',
      '  promoted aaaaaaaaaaaa on 2026-01-02T03:04 from 40 lessons; requests of what it learnt climbed (no requests) before, 5.0 % since',
    ]);
  });

  it('is what the certificates in force rest on, where that was chosen by what is asked', () => {
    const calibrated = { rows: 560, traffic: { requests: 3000, rows: 1978, overlap: 1 } };
    const bank = { domain: 'bank', waiting: nothing, stage: { kind: 'fitting' as const }, calibrated, promotions: [] };
    const said = describeLearning({ on: true, status: { paused: false, domains: [bank] }, lessons: [] });
    expect(said).toContain('\n  calibrated on 560 of 1978 rows, with labels as often as 3000 requests asked for them');
  });

  it.each([
    [0, 'bank: there are no lessons to fit on; a fit takes 4 at least, of two labels'],
    [1, 'bank: one lesson is too little to fit on; a fit takes 4 at least, of two labels'],
    [3, 'bank: 3 lessons are too few to fit on; a fit takes 4 at least, of two labels'],
  ])('is what is missing where there are %i lessons', (lessons, line) => {
    expect(describeLearnRun({ kind: 'too-few', domain: 'bank', lessons, wanted: 4 })).toBe(line);
  });

  it.each([
    [{ kind: 'fitting' as const }, 'fitting'],
    [{ kind: 'gathering' as const, wanted: 0 }, 'enough has gathered: it is fitted when the device is idle'],
    [{ kind: 'broken' as const, tiers: ['nano'] }, 'broken: nano is wrong too often, and does not accept alone'],
    [
      { kind: 'shadow' as const, revision: 'b'.repeat(64), answers: 20, agreed: 19, wanted: 30 },
      'in shadow: bbbbbbbbbbbb has answered 20 requests unheard, 19 as they ended; 30 more at least',
    ],
  ])('names the stage %o', (stage, line) => {
    const domains = [{ domain: 'bank', waiting: nothing, stage, promotions: [] }];
    const said = describeLearning({ on: true, status: { paused: false, domains }, lessons: [] });
    expect(said).toBe(`learning is on\nbank: no lessons\n  ${line}`);
  });
});

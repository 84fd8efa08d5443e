import type { QueuedState } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { codeOf, describeQueued, isDegraded, queuedInJson, queuedRow } from './describe-queued.js';

const queued = { requestId: 'r1', atWallMs: 0, request: '{"text":"my card is lost","domain":"bank"}' };
const result = (changes: object = {}): string =>
  JSON.stringify({
    output: { kind: 'classification', label: 'lost_card' },
    path: ['nano', 'site'],
    placement: 'site',
    confidence: 0.93,
    verdict: { kind: 'accept' },
    ...changes,
  });
const waiting: QueuedState = { kind: 'waiting', queued, tries: 3 };
const done: QueuedState = { kind: 'done', queued, atWallMs: 60_000, result: result() };
const error = '{"code":"UNKNOWN_DOMAIN","message":"No domain bank."}';
const failed: QueuedState = { kind: 'failed', queued, atWallMs: 60_000, error };

describe('a list of requests that were put off', () => {
  it('names neither texts nor answers', () => {
    expect([waiting, done, failed].map(queuedRow)).toEqual([
      ['r1', 'waiting', '1970-01-01T00:00:00.000Z', 'tried 3 times'],
      ['r1', 'done', '1970-01-01T00:00:00.000Z', 'answered 1970-01-01T00:01:00.000Z'],
      ['r1', 'failed', '1970-01-01T00:00:00.000Z', 'given up 1970-01-01T00:01:00.000Z: UNKNOWN_DOMAIN'],
    ]);
    for (const state of [waiting, done, failed]) {
      expect(JSON.stringify(queuedInJson(state, false))).not.toMatch(/card/);
    }
  });
});

describe('a request that was put off', () => {
  it('is shown with its text and its answer', () => {
    expect(describeQueued(done).split('\n')).toEqual([
      'request     r1',
      'put off     1970-01-01T00:00:00.000Z',
      'text        my card is lost',
      'state       done',
      'at          1970-01-01T00:01:00.000Z',
      'answer      lost_card',
      'confidence  93.0 % likely right',
      'answered    by nano + site (site)',
    ]);
  });

  it('is shown with what is wrong when it can never be answered', () => {
    expect(describeQueued(failed)).toContain('why         UNKNOWN_DOMAIN: No domain bank.');
    expect(describeQueued(waiting)).toContain('tries       3');
  });

  it('is shown as it stands when the file was damaged', () => {
    const odd: QueuedState = { kind: 'done', queued: { ...queued, request: 'x{' }, atWallMs: NaN, result: '[1' };
    expect(describeQueued(odd)).toMatch(/text {8}x\{[^]*at {10}-[^]*answer {6}\[1/);
    expect(queuedInJson(odd, true)).toMatchObject({ request: 'x{', result: '[1', endedAt: '-' });
    expect(queuedRow({ ...failed, error: '7' })[3]).toContain('unknown');
  });

  it('tells programs all of it', () => {
    expect(queuedInJson(done, true)).toMatchObject({
      requestId: 'r1',
      state: 'done',
      request: { text: 'my card is lost', domain: 'bank' },
      result: { output: { label: 'lost_card' } },
    });
    expect(queuedInJson(failed, true)).toMatchObject({ state: 'failed', error: { code: 'UNKNOWN_DOMAIN' } });
  });

  it('says whether its answer is less than was wanted, and why there is none', () => {
    expect(isDegraded(result({ verdict: { degraded: 'cost' } }))).toBe(true);
    expect([isDegraded(result()), isDegraded('{')]).toEqual([false, false]);
    expect([codeOf(error), codeOf('{}')]).toEqual(['UNKNOWN_DOMAIN', undefined]);
  });
});

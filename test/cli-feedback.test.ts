import type { LedgerReport } from '@terrace/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, EASY, HARD, homeOfThisFile, refusal } from './support/answers.js';
import { terrace } from './support/run-cli.js';

const where = { home: homeOfThisFile() };
const report = async (...flags: string[]): Promise<LedgerReport> => {
  const { code, json } = await terrace(['report', '--json', ...flags], where);
  expect(code).toBe(0);
  return json<LedgerReport>();
};

let easy: string;
let hard: string;

describe('feedback', () => {
  beforeAll(async () => {
    expect((await report()).requests).toBe(0);
    easy = (await ask(EASY, where)).requestId;
    hard = (await ask(HARD, where)).requestId;
  });

  it('on an answer shows in the report, and the last word counts', async () => {
    const first = await terrace(['feedback', easy, 'wrong', '--correction', 'balance', '--comment', 'odd'], where);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toBe(`noted: the answer to ${easy} by nano was wrong; it should have been balance\n`);
    const { feedback, tiers } = await report();
    expect(feedback.right).toMatchObject({ n: 1, count: 0 });
    expect(tiers.find(({ tier }) => tier === 'nano')?.right).toMatchObject({ n: 1, count: 0 });
    const { json } = await terrace(['feedback', easy, 'right', '--json'], where);
    expect(json()).toEqual({
      requestId: easy,
      right: true,
      correction: null,
      comment: null,
      known: true,
      tier: 'nano',
    });
    await terrace(['feedback', hard, 'right'], where);
    expect((await report()).feedback.right).toMatchObject({ n: 2, count: 2 });
  });

  it('on a request of another ledger is kept, with a warning', async () => {
    const { code, stdout, stderr } = await terrace(['feedback', 'elsewhere', 'right'], where);
    expect([code, stdout]).toEqual([0, 'noted: the answer to elsewhere was right\n']);
    expect(stderr).toContain('no request of this id is in the ledger');
  });

  it('is refused with code 2 when it contradicts itself or is too long', async () => {
    const said = ['feedback', easy, 'right', '--correction', 'balance'];
    expect(await refusal(said, where)).toMatchObject({ exit: 2, code: 'INVALID_REQUEST' });
    const long = ['feedback', easy, 'wrong', '--comment', 'x'.repeat(2001)];
    expect(await refusal(long, where)).toMatchObject({ exit: 2, code: 'INVALID_REQUEST' });
    expect(await refusal(['feedback', easy, 'maybe'], where)).toMatchObject({ exit: 2, code: 'USAGE' });
  });
});

describe('the report', () => {
  it('says who answered, how far requests climbed, and that nothing left the device', async () => {
    const { requests, tiers, climbed, leftDevice, sentBytes, costUsd, latency } = await report();
    expect(requests).toBe(2);
    expect(tiers.map(({ tier, placement }) => `${tier} ${placement}`).toSorted()).toEqual([
      'base device',
      'nano device',
    ]);
    expect([climbed.count, leftDevice.count, sentBytes.total, costUsd.total]).toEqual([1, 0, 0, 0]);
    expect(latency.byPlacement.device).toMatchObject({ n: 2 });
    expect(sentBytes.allCloud).toBeGreaterThan(0);
    expect(costUsd.allCloud).toBeGreaterThan(0);
  });

  it('leaves out what is older or of another domain', async () => {
    expect((await report('--domain', 'clinc150', '--since', '1h')).requests).toBe(2);
    expect((await report('--since', '1us')).requests).toBe(0);
    expect((await report('--domain', 'bank77')).requests).toBe(0);
  });

  it('has every field in JSON, null where nothing is known', async () => {
    const all = await report();
    const none = await report('--domain', 'nowhere');
    expect(Object.keys(none)).toEqual(Object.keys(all));
    expect(none.fromWallMs).toBeNull();
    expect(none.answered.share).toBeNull();
  });

  it('prints tables for people, with what was assumed', async () => {
    const { code, stdout } = await terrace(['report', '--since', '7d'], where);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^requests +2 +from /);
    expect(stdout).toMatch(/^spent +as it was +all to cloud +of that$/m);
    expect(stdout).toMatch(/^assumed of cloud\n {2}the catalog names no endpoint/m);
  });
});

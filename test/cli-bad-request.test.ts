import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { askLines, EASY, homeOfThisFile, inShort, refusal } from './support/answers.js';
import { edited, replaceFile } from './support/linked-models.js';
import { SHIPPED, temporaryFolder, terrace } from './support/run-cli.js';

const where = { home: homeOfThisFile() };
const asked = (text: string, ...flags: string[]): readonly string[] => ['run', '--domain', 'clinc150', ...flags, text];

describe('a request', () => {
  it('for an unknown domain lists those there are', async () => {
    const refused = await refusal(['run', '--domain', 'clinc', EASY], where);
    expect(refused).toMatchObject({ exit: 2, code: 'UNKNOWN_DOMAIN', facts: { domain: 'clinc' } });
    expect(refused.hint).toContain('banking77, clinc150');
  });

  it('for an unknown sub-domain lists those there are', async () => {
    const refused = await refusal(asked(EASY, '--sub-domain', 'gardening'), where);
    expect(refused).toMatchObject({ exit: 2, code: 'UNKNOWN_DOMAIN', facts: { subDomain: 'gardening' } });
    expect(refused.hint).toContain('credit_cards');
  });

  it('for a sub-domain without a domain, or for no domain at all, is refused', async () => {
    for (const args of [['--sub-domain', 'banking'], []]) {
      expect(await refusal(['run', ...args, EASY], where)).toMatchObject({ exit: 2, code: 'INVALID_REQUEST' });
    }
  });

  it.each([
    ['empty', ''],
    ['white', ' \t\n '],
  ])('with %s text is refused', async (_, text) => {
    const refused = await refusal(asked(text), where);
    expect(refused).toMatchObject({ exit: 2, code: 'INVALID_REQUEST', message: 'The text is empty.' });
  });

  it('with 100 KB of text is refused by the limit of texts', async () => {
    const refused = await refusal(asked('x'.repeat(100_000)), where);
    expect(refused).toMatchObject({ exit: 2, code: 'INVALID_REQUEST' });
    expect(refused.message).toContain('65536');
  });

  it('with 1 MB of text is refused and the next one answered', async () => {
    const lines = ['x'.repeat(1 << 20), EASY].map((text) => `${JSON.stringify({ text })}\n`);
    const answered = await askLines(lines, where);
    expect(answered.code).toBe(0);
    expect(answered.lines.map(inShort)).toEqual([1, 'credit_score']);
  });

  it.each([
    ['--max-risk', '7'],
    ['--max-risk', '0'],
    ['--min-confidence', 'much'],
    ['--deadline', '0ms'],
    ['--deadline', 'soon'],
    ['--memory', '64 parsecs'],
    ['--max-cost', 'a lot'],
  ])('with %s %s is refused', async (flag, value) => {
    expect(await refusal(asked(EASY, flag, value), where)).toMatchObject({ exit: 2, code: 'INVALID_REQUEST' });
  });

  it('with --memory too small for any tier says what each needs', async () => {
    const refused = await refusal(asked(EASY, '--memory', '1MiB'), where);
    expect(refused).toMatchObject({ exit: 3, code: 'NO_TIER_FITS' });
    expect(refused.message).toMatch(/nano q4: it needs \d+(\.\d+)? MiB/);
  });

  it('of a wrong command line prints usage as text and exits with 2', async () => {
    for (const args of [['run'], ['run', '--wrong', EASY], ['climb'], ['run', '--residency', 'mars', EASY]]) {
      const { code, stderr, stdout } = await terrace(args, where);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^error: /);
    }
  });
});

describe('a calibration', () => {
  const given = (file: string) => refusal(asked(EASY, '--calibration', file), where);

  it('of another domain is refused and both are named', async () => {
    const refused = await given(path.join(SHIPPED, 'deltas/banking77/calibration.json'));
    expect(refused).toMatchObject({ exit: 2, code: 'CALIBRATION_MISMATCH' });
    expect(refused.message).toMatch(/"banking77", not of "clinc150"/);
  });

  it('of other deltas is refused', async () => {
    const file = path.join(temporaryFolder(), 'calibration.json');
    cpSync(path.join(SHIPPED, 'deltas/clinc150/calibration.json'), file);
    const change = edited<{ tiers: Record<string, { delta: string }> }>(
      ({ tiers }) => (tiers['base']!.delta = '0'.repeat(64)),
    );
    replaceFile(path.dirname(file), 'calibration.json', change);
    const refused = await given(file);
    expect(refused).toMatchObject({ exit: 2, code: 'CALIBRATION_MISMATCH', facts: { tier: 'base' } });
    expect(refused.hint).toContain('terrace calibrate --domain clinc150');
  });

  it('that is not there, not JSON or wrong is refused', async () => {
    const file = path.join(temporaryFolder(), 'calibration.json');
    expect(await given(file)).toMatchObject({ exit: 2, code: 'INVALID_REQUEST', facts: { file } });
    writeFileSync(file, 'not json');
    expect(await given(file)).toMatchObject({ exit: 2, code: 'INVALID_CATALOG' });
    writeFileSync(file, '{"format": 1, "domain": 7}');
    expect(await given(file)).toMatchObject({ exit: 2, code: 'INVALID_CATALOG', facts: { path: 'domain' } });
  });
});

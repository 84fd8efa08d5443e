import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { MAX_TEXT_BYTES, parseRequest } from './parse-request.js';

const refusal = (input: unknown): InvalidRequestError => {
  try {
    parseRequest(input);
  } catch (error) {
    if (InvalidRequestError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('it was accepted');
};

describe('parseRequest', () => {
  it('fills in task, residency and policy, and counts the bytes of the text', () => {
    expect(parseRequest({ text: 'häßlich' })).toEqual({
      task: 'text-classification',
      text: 'häßlich',
      residency: 'cloud',
      policy: 'cascade',
      priority: 'normal',
      valueUsd: 0.01,
      whenOffline: 'degrade',
      textBytes: 9,
    });
  });

  it('keeps every requirement', () => {
    const input = {
      task: 'feature-extraction',
      text: 'a',
      domain: 'bank',
      subDomain: 'cards',
      minConfidence: 1,
      maxRisk: 0.02,
      deadlineMs: 50,
      maxCostUsd: 0,
      residency: 'device',
      policy: 'base',
      priority: 'high',
      valueUsd: 0.5,
      whenOffline: 'queue',
    } as const;
    expect(parseRequest(input)).toEqual({ ...input, textBytes: 1 });
  });

  it.each(['', ' ', '\n\t\r', '\u00a0\u3000', '\ufeff'])('refuses the text %j as empty', (text) => {
    expect(refusal({ text }).message).toContain('empty');
  });

  it('refuses NUL wherever it stands', () => {
    for (const text of ['\0', 'a\0', '\0b', 'a\0b']) expect(refusal({ text }).message).toMatch(/NUL/);
  });

  it('refuses half a surrogate pair and takes whole ones', () => {
    for (const text of ['\ud83d', 'a\ude00', '\ude00\ud83d', 'ok \ud83d ok', '😀\ud83d']) {
      expect(refusal({ text }).message).toContain('surrogate');
    }
    expect(parseRequest({ text: '😀' }).textBytes).toBe(4);
  });

  it.each([
    ['ASCII', 'a', 1],
    ['two-byte letters', 'é', 2],
    ['three-byte letters', '語', 3],
    ['emoji', '😀', 4],
  ])('takes 64 KiB of %s and not a byte more', (_, letter, bytes) => {
    const most = letter.repeat(Math.floor(MAX_TEXT_BYTES / bytes));
    const exact = most + 'a'.repeat(MAX_TEXT_BYTES - bytes * Math.floor(MAX_TEXT_BYTES / bytes));
    expect(parseRequest({ text: exact }).textBytes).toBe(MAX_TEXT_BYTES);
    expect(refusal({ text: `${exact}a` }).message).toContain(`${MAX_TEXT_BYTES}`);
  });

  it('refuses a megabyte at once', () => {
    expect(refusal({ text: 'x'.repeat(1 << 20) }).hint).toContain('part that matters');
  });

  it('refuses unknown fields by name', () => {
    expect(refusal({ text: 'a', maxrisk: 0.1 }).message).toContain('maxrisk');
  });

  it('refuses a sub-domain without a domain', () => {
    expect(refusal({ text: 'a', subDomain: 'cards' }).message).toContain('without a domain');
  });

  it.each([
    ['text', { text: 7 }],
    ['text', {}],
    ['task', { text: 'a', task: 'translation' }],
    ['maxRisk', { text: 'a', maxRisk: 0 }],
    ['maxRisk', { text: 'a', maxRisk: 1 }],
    ['minConfidence', { text: 'a', minConfidence: 1.1 }],
    ['minConfidence', { text: 'a', minConfidence: Number.NaN }],
    ['deadlineMs', { text: 'a', deadlineMs: 0 }],
    ['deadlineMs', { text: 'a', deadlineMs: Infinity }],
    ['deadlineMs', { text: 'a', deadlineMs: '50ms' }],
    ['maxCostUsd', { text: 'a', maxCostUsd: -1 }],
    ['residency', { text: 'a', residency: 'moon' }],
    ['domain', { text: 'a', domain: '' }],
    ['policy', { text: 'a', policy: 'x'.repeat(129) }],
    ['request', null],
    ['request', 'text'],
    ['request', []],
  ])('says that %s is wrong in %j', (where, input) => {
    const { message, hint } = refusal(input);
    expect(message).toContain(`"${where}"`);
    expect(hint).toContain(where);
  });

  it('never says a word of the text', () => {
    const text = 'my secret \0 is out';
    const { message, hint, facts } = refusal({ text });
    expect(JSON.stringify({ message, hint, facts })).not.toContain('secret');
  });

  it('either accepts or throws InvalidRequestError, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ text: fc.string({ unit: 'binary' }) })), (input) => {
        try {
          const { text, textBytes } = parseRequest(input);
          expect(textBytes).toBe(Buffer.byteLength(text));
          expect(Buffer.from(text).toString()).toBe(text);
        } catch (error) {
          expect(InvalidRequestError.isInstance(error)).toBe(true);
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { createMemoryLedger } from '../testing/memory-ledger.js';
import { parseFeedback } from './feedback.js';

const refusal = (input: unknown): InvalidRequestError => {
  try {
    parseFeedback(input, 5);
  } catch (error) {
    if (InvalidRequestError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('it was accepted');
};

describe('parseFeedback', () => {
  it('gives a record for the ledger', () => {
    const none = { correction: undefined, comment: undefined };
    expect(parseFeedback({ requestId: 'r1', right: true }, 5)).toStrictEqual({
      requestId: 'r1',
      atWallMs: 5,
      right: true,
      ...none,
    });
    const said = { requestId: 'r1', right: false, correction: 'lost_card', comment: 'first\nsecond\tline 🪜' };
    expect(parseFeedback(said, 5)).toStrictEqual({ ...said, atWallMs: 5 });
  });

  it.each([
    ['no object', undefined],
    ['an array', [{ requestId: 'r1', right: true }]],
    ['no request', { right: true }],
    ['an empty request', { requestId: '', right: true }],
    ['a request that is too long', { requestId: 'r'.repeat(129), right: true }],
    ['no verdict', { requestId: 'r1' }],
    ['a verdict in words', { requestId: 'r1', right: 'yes' }],
    ['a field it does not know', { requestId: 'r1', right: true, rating: 5 }],
    ['a correction that is too long', { requestId: 'r1', right: false, correction: 'x'.repeat(257) }],
    ['a correction of what is right', { requestId: 'r1', right: true, correction: 'x' }],
    ['a correction that moves the cursor', { requestId: 'r1', right: false, correction: '\u001B[2J' }],
    ['a comment that is too long', { requestId: 'r1', right: false, comment: 'x'.repeat(2001) }],
    ['a comment with NUL', { requestId: 'r1', right: false, comment: 'a\0b' }],
    ['a comment that turns the direction', { requestId: 'r1', right: false, comment: 'a\u202Eb' }],
    ['half of a surrogate pair', { requestId: 'r1', right: false, comment: '\uD800' }],
  ])('refuses %s and says what to send', (_, input) => {
    const { message, hint } = refusal(input);
    expect(message.length).toBeLessThan(300);
    expect(hint).toMatch(/^[A-Z].{20,}\.$/);
  });

  it('quotes no content in what it says', () => {
    const { message } = refusal({ requestId: 'r1', right: false, comment: 'my secret \0' });
    expect(message).not.toContain('secret');
  });

  it('lets nothing through that a ledger would refuse', async () => {
    const text = fc.option(fc.string({ unit: 'binary', maxLength: 8 }), { nil: undefined });
    const property = fc.asyncProperty(text, text, text, async (requestId, correction, comment) => {
      const ledger = createMemoryLedger();
      let record;
      try {
        record = parseFeedback({ requestId, right: false, correction, comment }, 5);
      } catch (error) {
        expect(InvalidRequestError.isInstance(error)).toBe(true);
        return;
      }
      await ledger.append([{ kind: 'feedback', record }]);
      expect(await ledger.feedback()).toStrictEqual([record]);
    });
    await fc.assert(property, { numRuns: 500 });
  });
});

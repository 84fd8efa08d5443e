import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, type OwnPattern } from './redact.js';

const own: OwnPattern[] = [
  { name: 'employee-id', pattern: 'EMP-\\d{4,6}' },
  { name: 'plant', pattern: 'plant [a-z]+', flags: 'i' },
  { name: 'code', pattern: '(?<=code )\\d\\d' },
  { name: 'constructor', pattern: '§\\d' },
];
const redactor = createRedactor({ patterns: own });
const placeholders = /\[(?:EMAIL|PHONE|CARD|IBAN|EMPLOYEE_ID|PLANT|CODE|CONSTRUCTOR)_[1-9]\d{0,6}\]/g;

/** Values, their near misses, what looks like placeholders, and what stands between them. */
const word = fc.oneof(
  fc.constantFrom(
    'joe@example.com',
    'ｔａｒｏ＠例.jp',
    'a@b.co',
    '+49 30 1234567',
    '03-1234-5678',
    '０３－１２３４－５６７８',
    '555-123-4567',
    '4111 1111 1111 1111',
    '4222222222222',
    'DE89 3704 0044 0532 0130 00',
    'EMP-1234',
    'plant Osaka',
    'code 42',
    '42',
    '§1',
    'tel 5551234',
    '5551234',
    '2024-01-15',
    '0',
    '1',
    '030',
    '1234567',
    '[',
    ']',
    '(',
    ')',
    '@',
    '.',
    '-',
    '/',
    ' ',
    ' ',
    ', ',
    '[EMAIL_1]',
    '[EMAIL_2]',
    '[PHONE_1]',
    '[CARD_1',
    '[EMPLOYEE_ID_1]',
    '[CODE_42]',
    '[EMAIL_0]',
    'EMAIL_1',
    '\ud83d',
    '😀',
    '電話',
    'は',
  ),
  fc.string({ maxLength: 4 }),
  fc.stringMatching(/^[0-9 .+()-]{1,12}$/),
);
const text = fc.array(word, { maxLength: 24 }).map((words) => words.join(''));
const runs = { numRuns: 300 };

/** Time of the processor, which other programs on the machine do not take. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('redact', () => {
  it('numbers values in reading order and counts places', () => {
    const { text: redacted, counts, restore } = redactor.redact('joe@x.com or ann@x.com, EMP-1234; again joe@x.com');
    expect(redacted).toBe('[EMAIL_1] or [EMAIL_2], [EMPLOYEE_ID_1]; again [EMAIL_1]');
    expect(counts).toEqual({ email: 3, 'employee-id': 1 });
    expect(restore('Ask [EMAIL_2], not [EMAIL_1] or [EMAIL_9].')).toBe('Ask ann@x.com, not joe@x.com or [EMAIL_9].');
  });

  it('restores every text exactly', () => {
    fc.assert(
      fc.property(text, (given) => {
        const { text: redacted, restore } = redactor.redact(given);
        expect(restore(redacted)).toBe(given);
      }),
      runs,
    );
  });

  it('leaves no value that it replaced somewhere in any text', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 3 }), (given) => {
        const { texts, restore } = redactor.redactAll(given);
        const values = texts.flatMap((redacted) =>
          Array.from(redacted.matchAll(placeholders), ([placeholder]) => restore(placeholder)),
        );
        // Of each text what is not a placeholder, cut where one stood.
        const left = texts.flatMap((redacted) => redacted.split(placeholders));
        for (const value of values.filter((entry) => entry.match(placeholders) === null)) {
          expect(left.filter((piece) => piece.includes(value))).toEqual([]);
        }
        expect(texts.map(restore)).toEqual(given);
      }),
      runs,
    );
  });

  it('changes nothing in what it has redacted', () => {
    fc.assert(
      fc.property(text, (given) => {
        const { text: redacted } = redactor.redact(given);
        expect(redactor.redact(redacted)).toMatchObject({ text: redacted, counts: {} });
      }),
      runs,
    );
  });

  it('passes over numbers that the texts use already', () => {
    const { texts, restore } = redactor.redactAll(['a@b.co', 'what is [EMAIL_1], [EMAIL_3]?', 'c@d.ef']);
    expect(texts).toEqual(['[EMAIL_2]', 'what is [EMAIL_1], [EMAIL_3]?', '[EMAIL_4]']);
    expect(restore('[EMAIL_1] [EMAIL_2]')).toBe('[EMAIL_1] a@b.co');
  });

  it('takes a value away from where nothing announces it', () => {
    expect(redactor.redactAll(['was it 5551234?', 'my phone is 5551234']).texts).toEqual([
      'was it [PHONE_1]?',
      'my phone is [PHONE_1]',
    ]);
  });

  it('prefers a card to a telephone number and covers all of what overlaps', () => {
    expect(redactor.redact('tel 4222222222222').counts).toEqual({ card: 1 });
    const overlapping = createRedactor({ patterns: [{ name: 'pair', pattern: 'no \\d{4}' }] });
    expect(overlapping.redact('no 4111 1111 1111 1111!').text).toBe('[CARD_1]!');
  });

  it('finds what own patterns name in full-width letters too', () => {
    expect(redactor.redact('社員ＥＭＰ－１２３４です').text).toBe('社員[EMPLOYEE_ID_1]です');
  });
});

describe('restoreStream', () => {
  it('gives the same as restoring the whole, however the answer is cut', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(8), { minLength: 1, maxLength: 20 }), (given, lengths) => {
        const { text: redacted, restore, restoreStream } = redactor.redact(given);
        const stream = restoreStream();
        let restored = '';
        for (let at = 0, step = 0; at < redacted.length; step += 1) {
          const length = 1 + (lengths[step % lengths.length] ?? 0);
          restored += stream.push(redacted.slice(at, at + length));
          at += length;
        }
        expect(restored + stream.flush()).toBe(restore(redacted));
      }),
      runs,
    );
  });

  it('holds back nothing but the beginning of a placeholder', () => {
    const stream = redactor.redact('joe@x.com').restoreStream();
    expect(stream.push('see [EM')).toBe('see ');
    expect(stream.push('AIL_1] or [EMPTY] [')).toBe('joe@x.com or [EMPTY] ');
    expect(stream.push('EMAIL_')).toBe('');
    expect(stream.push('7')).toBe('[EMAIL_7');
    expect(stream.push('] [EMAIL')).toBe('] ');
    expect(stream.flush()).toBe('[EMAIL');
    expect(stream.flush()).toBe('');
  });
});

describe('long texts', () => {
  const LENGTH = 64 * 1024;
  const filled = (unit: string): string => unit.repeat(Math.ceil(LENGTH / unit.length)).slice(0, LENGTH);

  it.each([
    'a',
    '@',
    'a@',
    'a@b.',
    'a.',
    '"',
    '"a@',
    'a@b.co ',
    '1',
    '1 ',
    '0 ',
    '+',
    '(',
    '+4',
    '+4930123456 ',
    '+4930123456',
    '030 1234567 ',
    '01 ',
    '01.',
    '4111 ',
    '4111111111111111',
    '4111 1111 1111 1111 ',
    'DE89',
    'D E8 ',
    'DE89 3704 0044 0532 0130 ',
    '[',
    '[EMAIL_',
    '[EMAIL_1]',
    'EMP-',
    'EMP-1234',
    'plant ',
    'plant a',
    'code 11',
    'code 12 ',
    '１',
    'ー',
    '電話',
    '1ー',
    '\ud83d',
    'tel 1234567 ',
  ])('of %j take well below a second', (unit) => {
    const given = filled(unit);
    expect(cpuMs(() => redactor.redact(given))).toBeLessThan(1000);
    const { text: redacted, restore } = redactor.redact(given);
    expect(restore(redacted)).toBe(given);
  });

  it('of 5,000 different values take well below a second', () => {
    const given = Array.from({ length: 5000 }, (_, index) => `u${index}@x.de`).join(' ');
    expect(cpuMs(() => redactor.redact(given))).toBeLessThan(1000);
    const { counts, text: redacted, restore } = redactor.redact(given);
    expect(counts).toEqual({ email: 5000 });
    expect(restore(redacted)).toBe(given);
  });
});

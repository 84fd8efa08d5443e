import { describe, expect, it } from 'vitest';
import { createRedactor } from './redact.js';

const { redact } = createRedactor({});
const found = (text: string): string[] => {
  const { text: redacted, restore } = redact(text);
  return Array.from(
    redacted.matchAll(/\[[A-Z]+_\d+\]/g),
    ([placeholder]) => `${placeholder.slice(1, -3)} ${restore(placeholder)}`,
  );
};

describe('e-mail', () => {
  it.each([
    ['write to joe@example.com.', 'joe@example.com'],
    ['<mailto:joe.bloggs+x@mail.example.co.uk>', 'joe.bloggs+x@mail.example.co.uk'],
    ["'o'neill@example.ie'", "o'neill@example.ie"],
    ['jürgen.müller@straße.de', 'jürgen.müller@straße.de'],
    ['連絡先はtaro@example.jpまで', 'taro@example.jp'],
    ['ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐです', 'ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ'],
    ['old.phone..@docomo.ne.jp', 'old.phone..@docomo.ne.jp'],
    ['用户@例子.广告', '用户@例子.广告'],
    ['"john doe"@example.com', '"john doe"@example.com'],
    ['x@[192.168.0.1]', 'x@[192.168.0.1]'],
    ['a@b.co@c.de', 'a@b.co@c.de'],
    ['x@xn--bcher-kva.example-', 'x@xn--bcher-kva.example'],
  ])('%s', (text, email) => expect(found(text)).toEqual([`EMAIL ${email}`]));

  it.each([
    '9時＠渋谷',
    '@joe',
    'joe@localhost',
    'root@10.0.0.1',
    'a @ b.c',
    '@@@',
    'npm i @scope/pack.age',
    '@media.css',
  ])('is not %s', (text) => expect(found(text)).toEqual([]));
});

describe('phone', () => {
  it.each([
    '+49 30 1234567',
    '+49 (0)30 1234567',
    '(+49) 30 1234567',
    '+1 (555) 123-4567',
    '+15551234567',
    '+81-3-1234-5678',
    '+44 20 7946 0958',
    '0049 30 1234567',
    '030 1234567',
    '030/1234567',
    '030 12345-0',
    '(030) 1234567',
    '0171 123 45 67',
    '015212345678',
    '01 23 45 67 89',
    '01.23.45.67.89',
    '020 7946 0958',
    '03-1234-5678',
    '090-1234-5678',
    '0120-123-456',
    '09012345678',
    '０３－１２３４－５６７８',
    '０３（１２３４）５６７８',
    '０９０ー１２３４ー５６７８',
    '03−1234−5678',
    '(555) 123-4567',
    '555-123-4567',
    '212.555.0199',
    '1-800-555-0199',
  ])('%s', (number) => {
    for (const text of [number, `Call ${number} now.`, `電話${number}です`, `a,${number}, b`]) {
      expect(found(text)).toEqual([`PHONE ${number}`]);
    }
  });

  it.each([
    ['my phone number is 5551234', '5551234'],
    ['Tel.: 612 345 678', '612 345 678'],
    ['電話番号：５５５１２３４', '５５５１２３４'],
    ['携帯は 612345678', '612345678'],
    ['please call me at 5551234567', '5551234567'],
    ['WhatsApp 91234567', '91234567'],
  ])('is what words announce: %s', (text, number) => expect(found(text)).toEqual([`PHONE ${number}`]));

  it('ends where the next begins', () => {
    expect(found('030 1234567 030 7654321')).toEqual(['PHONE 030 1234567', 'PHONE 030 7654321']);
    expect(found('01 23 45 67 89 01 98 76 54 32')).toEqual(['PHONE 01 23 45 67 89', 'PHONE 01 98 76 54 32']);
    expect(found('03-1234-5678/090-1234-5678')).toEqual(['PHONE 03-1234-5678', 'PHONE 090-1234-5678']);
    expect(found('〒100-0001 03-1234-5678')).toEqual(['PHONE 03-1234-5678']);
    expect(found('2024-01-15 030 1234567 10:30')).toEqual(['PHONE 030 1234567']);
  });

  it.each([
    '2024-01-15',
    '15.01.2024',
    '01/02/2024',
    '01-02-2024 10.30',
    '2024-01-15T12:00:00+09:00',
    '20240115123000',
    '08:30-17:00',
    '08.30 - 17.00',
    '08.00-12.00 13.00-17.00',
    '1999-2024',
    'in 2019, 2020 and 2021',
    '1705312800000',
    '$1,234,567.89',
    '1.234.567,00 €',
    '1 234 567 yen',
    '¥12,000',
    '0.123456789',
    '0,5123456789',
    '+20 000 000',
    '192.168.100.200',
    '010.020.030.040',
    '10.0.0.1:8080',
    '255.255.255.0',
    'order 4500012345',
    'Order no. 0123456789',
    'order number: 0301234567',
    '注文番号：０１２３４５６７８９',
    '#0123456789',
    'ISBN 0306406152',
    'INV-2024-0012345',
    '123-4567890-1234567',
    'ORD-0301234567',
    '0000012345',
    '000123456789',
    'SKU 0712345678',
    'v0.10.20.30.40',
    'c0123456789f',
    '123e4567-e89b-12d3-a456-426614174000',
    '01234567-89ab-4cde-8f01-234567890123',
    '51.5074, -0.1278',
    '35°41′22″',
    '12345+123456',
    '3 + 4 = 7',
    '978-3-16-148410-0',
    '100-0001',
    '1/2/3/4/5',
  ])('is not %s', (text) => expect(found(text)).toEqual([]));
});

describe('card', () => {
  it.each([
    '4111111111111111',
    '4111 1111 1111 1111',
    '4111-1111-1111-1111',
    '４１１１　１１１１　１１１１　１１１１',
    '4222222222222',
    '378282246310005',
    '3782 822463 10005',
    '30569309025904',
    '3056 930902 5904',
    '5555555555554444',
    '6011000990139424',
    '3530111333300000',
    '6304000000000000',
  ])('%s', (number) => {
    for (const text of [number, `card ${number}, thanks`, `カード${number}です`, `12 ${number} 030 1234567`]) {
      expect(found(text)).toContain(`CARD ${number}`);
    }
  });

  it.each([
    '4111111111111112',
    '4111 1111 1111 1112',
    '41111111111111111111',
    '0.4111111111111111',
    ' .4111111111111111',
    '4111111111111111.5',
    '0000000000000000',
    // Right check digits, but a time in milliseconds, a date with its time, a product code and a device number.
    '1705312800006',
    '20240115123009',
    '4006381333931',
    '490154203237518',
  ])('is not %s', (text) => expect(found(text)).toEqual([]));
});

describe('IBAN', () => {
  it.each([
    'DE89370400440532013000',
    'DE89 3704 0044 0532 0130 00',
    'de89 3704 0044 0532 0130 00',
    'GB29 NWBK 6016 1331 9268 19',
    'FR14 2004 1010 0505 0001 3M02 606',
    'NO93 8601 1117 947',
    'MT84 MALT 0110 0001 2345 MTLC AST0 01S',
    'ＤＥ８９　３７０４　００４４　０５３２　０１３０　００',
  ])('%s', (number) => {
    for (const text of [number, `IBAN:${number}.`, `口座${number}です`, `to ${number} please`]) {
      expect(found(text)).toEqual([`IBAN ${number}`]);
    }
  });

  it.each(['DE88370400440532013000', 'DE8937040044053201300', 'XX89370400440532013000', 'XDE89370400440532013000'])(
    'is not %s',
    (text) => expect(found(text)).toEqual([]),
  );
});

import { describe, expect, it } from 'vitest';
import { knowsTokens, readsScript } from './language.js';

describe('readsScript', () => {
  it.each([
    ['freeze my account', ['en'], true],
    ['café naïve Æsir', ['en'], true],
    ['口座を凍結してください', ['en'], false],
    ['заморозьте мой счёт', ['en'], false],
    ['παγώστε τον λογαριασμό μου', ['en'], false],
    ['جمّد حسابي', ['en'], false],
    ['내 계좌를 동결해 주세요', ['en'], false],
    ['𝐟𝐫𝐞𝐞𝐳𝐞 𝐦𝐲 𝐚𝐜𝐜𝐨𝐮𝐧𝐭', ['en'], false],
    ['заморозьте мой счёт', ['ru'], true],
    ['παγώστε', ['el'], true],
    ['freeze my account', ['ru'], false],
    ['заморозьте мой счёт', ['en', 'ru'], true],
    ['口座を凍結してください', ['ja'], true],
    ['サーバーのデータ', ['ja'], true],
    ['ーーー', ['ja'], true],
    ['冻结我的账户', ['ja'], true],
    ['冻结我的账户', ['zh'], true],
    ['凍結我的帳戶', ['zh-Hant'], true],
    ['ひらがな', ['zh'], false],
    ['내 계좌를 동결해', ['ko'], true],
    ['漢字', ['ko'], true],
    ['ひらがな', ['ko'], false],
    ['freeze my account', ['ja'], false],
  ])('%s for %j: %s', (text, languages, readable) => {
    expect(readsScript(text, languages)).toBe(readable);
  });

  it.each(['', '12345', '😀😀😀', '+49 (0)30 / 123-45', '!?…', '€ 5,00'])(
    'can read %j: there are no letters in it',
    (text) => {
      expect(readsScript(text, ['en'])).toBe(true);
      expect(readsScript(text, ['ja'])).toBe(true);
    },
  );

  it('goes by the larger share of letters in a mixed text', () => {
    expect(readsScript('please book 京都 for two', ['en'])).toBe(true);
    expect(readsScript('京都のホテルをtwo泊で予約', ['en'])).toBe(false);
    expect(readsScript('abcд', ['en'])).toBe(true);
    expect(readsScript('abдв', ['en'])).toBe(true);
    expect(readsScript('aдвг', ['en'])).toBe(false);
  });

  it('lets a multilingual model read everything', () => {
    for (const text of ['口座', 'счёт', 'λόγος', 'text']) expect(readsScript(text, ['en', 'mul'])).toBe(true);
  });

  it('takes a script that nobody knows for Latin', () => {
    expect(readsScript('hello', ['en-Xyzw'])).toBe(true);
    expect(readsScript('счёт', ['und'])).toBe(false);
  });
});

describe('knowsTokens', () => {
  it('wants half of the word pieces known, special tokens aside', () => {
    expect(knowsTokens({ tokens: 12, unknownTokens: 5 })).toBe(true);
    expect(knowsTokens({ tokens: 12, unknownTokens: 6 })).toBe(false);
    expect(knowsTokens({ tokens: 3, unknownTokens: 1 })).toBe(false);
    expect(knowsTokens({ tokens: 2, unknownTokens: 0 })).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { withoutRepeated } from './boilerplate.js';

const SIGNATURE = [
  'Kind regards,',
  'Ada Lovelace',
  'Analytical Engines Ltd, 12 St James Square, London SW1Y 4JH',
  '+44 20 1234',
];
const signed = (text: string): string => [text, '', ...SIGNATURE].join('\n');
const cut = (...texts: string[]): string[] => withoutRepeated(texts.map((text) => ({ text, mayLose: true })));

describe('passages that are repeated', () => {
  it('stay where they were said last', () => {
    expect(cut(signed('first'), 'an answer', signed('second'), signed('third'))).toEqual([
      'first',
      'an answer',
      'second',
      signed('third'),
    ]);
  });

  it('go where they still stand in what may lose nothing, wherever that is', () => {
    const texts = [
      { text: SIGNATURE.join('\n'), mayLose: false },
      { text: signed('first'), mayLose: true },
      { text: signed('second'), mayLose: true },
    ];
    expect(withoutRepeated(texts)).toEqual([SIGNATURE.join('\n'), 'first', 'second']);
  });

  it('are the same where a mail quotes them', () => {
    const mail =
      'We would like to order twelve of the large engines, to be delivered before the end of the month.\nThank you.';
    const quoted = mail.replaceAll(/^/gm, '> ');
    expect(cut(`Hello,\n${mail}`, `On Monday you wrote:\n${quoted}`)).toEqual([
      'Hello,',
      `On Monday you wrote:\n${quoted}`,
    ]);
  });

  it('stay where they are short, differ in a word, are code or are said twice by one', () => {
    const short = 'Kind regards,\nAda Lovelace';
    const code = `\`\`\`\n${'engine.turn(12);\n'.repeat(8)}\`\`\``;
    const long = 'x'.repeat(100);
    for (const texts of [
      [`a\n${short}`, `b\n${short}`],
      [`${long} now`, `${long} then`],
      [code, code],
      [`${long}\n${long}`],
    ]) {
      expect(cut(...texts)).toEqual(texts);
    }
  });

  it('leave one gap behind, and what stands around them', () => {
    const long = 'x'.repeat(100);
    expect(cut(`before\n\n${long}\n\nafter`, long)).toEqual(['before\n\nafter', long]);
  });

  it('are found in many equal lines without delay', () => {
    const startMs = performance.now();
    for (const line of ['ab\n', '\n', 'x'.repeat(60) + '\n\n\n\n', '>'.repeat(50) + '\n']) {
      cut(...Array.from({ length: 4 }, () => line.repeat(65_536 / line.length)));
    }
    expect(performance.now() - startMs).toBeLessThan(4000);
  });
});

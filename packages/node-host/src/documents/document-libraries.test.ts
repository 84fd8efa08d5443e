import { readBytes, type ReadDocument } from '@terrace/core/documents';
import { describe, expect, it } from 'vitest';
import { documentLibraries } from './document-libraries.js';
import { blankPasswordPdf } from './testing/blank-password-pdf.js';
import { cjkPdf, pdfOfStreams, stream, textPdf } from './testing/make-pdf.js';

const read = (name: string, content: string | Uint8Array) =>
  readBytes(name, typeof content === 'string' ? new TextEncoder().encode(content) : content, documentLibraries);
const blocksOf = ({ text, blocks }: ReadDocument) =>
  blocks.map(({ kind, level, start, end }) => [
    level === undefined ? kind : `${kind} ${level}`,
    text.slice(start, end),
  ]);

describe('Markdown', () => {
  it('is read without its marks', async () => {
    const document = await read(
      'a.md',
      '# Cards *and* money\n\nA [link](http://x.test "t")\nto `code`, ![a picture](p.png).\n\n- one\n- two\n\n  more\n\n' +
        '```js\nlet x  = 1;\n\nx;\n```\n\n| a | b |\n|---|---|\n| 1 | **2** |\n\nSecond\n------\n> quoted\n',
    );
    expect(document).toMatchObject({ title: 'Cards and money', mediaType: 'text/markdown', pages: undefined });
    expect(blocksOf(document)).toEqual([
      ['heading 1', 'Cards and money'],
      ['paragraph', 'A link to code, a picture.'],
      ['paragraph', '- one'],
      ['paragraph', '- two'],
      ['paragraph', 'more'],
      ['code', 'let x  = 1;\n\nx;'],
      ['table', 'a | b\n1 | 2'],
      ['heading 2', 'Second'],
      ['paragraph', 'quoted'],
    ]);
  });

  it('has facts at its head that are no text of it', async () => {
    const document = await read('a.md', '---\r\ntitle: "The plan"\r\ntags: [x]\r\n---\r\n\r\n# Other\r\n\r\nWords.');
    expect(document).toMatchObject({ title: 'The plan', text: 'Other\n\nWords.' });
    expect(await read('a.md', '---\n\nnever closed')).toMatchObject({ title: undefined, text: 'never closed' });
  });

  it('shows HTML in it as text, and is bounded', async () => {
    expect(await read('a.md', '<script>alert(1)</script>')).toMatchObject({ text: '<script>alert(1)</script>' });
    await expect(read('a.md', 'x'.repeat(2 * 2 ** 20 + 1))).rejects.toMatchObject({ facts: { reason: 'too-large' } });
    // What is quoted a thousand times is nobody's text.
    expect((await read('a.md', `above\n\n${'> '.repeat(50_000)}deep`)).text).toBe('above');
  });
});

describe('HTML', () => {
  it('is read as a reader sees it', async () => {
    const document = await read(
      'a.html',
      `<title>Cards &amp;
        money</title><style>p { color: red }</style><script>bad()</script>
      <nav>Home</nav><h2>Lost <em>card</em></h2><p>Call   us<br>at&nbsp;once.<ul><li><p>one</p><li>two<ul><li></ul></ul>after
      <pre>  x
   y</pre><table><tr><th>a<th>b<tr><td>1<td>2</table><template>t</template><noscript>n</noscript><!-- c -->
      <div hidden>h</div><p style="Display : none">d<p>end`,
    );
    expect(document).toMatchObject({ title: 'Cards & money', mediaType: 'text/html' });
    expect(blocksOf(document)).toEqual([
      ['paragraph', 'Home'],
      ['heading 2', 'Lost card'],
      ['paragraph', 'Call us\nat once.'],
      ['paragraph', '- one'],
      ['paragraph', '- two'],
      ['paragraph', 'after'],
      ['code', '  x\n   y'],
      ['table', 'a | b'],
      ['table', '1 | 2'],
      ['paragraph', 'end'],
    ]);
  });

  it('is in the encoding it declares', async () => {
    const sjis = Uint8Array.of(0x82, 0xa8, 0x8b, 0xe0);
    const page = Buffer.concat([Buffer.from('<meta charset="Shift_JIS"><p>'), sjis]);
    expect(await read('a.html', page)).toMatchObject({ text: 'お金' });
    expect(await read('a.html', '<meta charset="utf-16"><p>ö')).toMatchObject({ text: 'ö' });
    expect(await read('a.html', '<meta charset="nonsense"><p>ö')).toMatchObject({ text: 'ö' });
  });

  it('may be nested however deep, and be as broken as it is', async () => {
    expect((await read('a.html', `${'<div>'.repeat(20_000)}deep`)).text).toBe('deep');
    expect((await read('a.html', `${'<b><p>'.repeat(300)}x</i></table>&#xD800;&bogus;<`)).text).toContain('x');
    await expect(read('a.html', '<!---->'.repeat(1_000_001))).rejects.toMatchObject({
      message: 'The page has more than 1,000,000 elements.',
      facts: { reason: 'too-many-elements' },
    });
    await expect(read('a.html', '<script>only</script>')).rejects.toMatchObject({ facts: { reason: 'no-text' } });
  });
});

describe('PDF', () => {
  it('is read page by page, in paragraphs', async () => {
    const document = await read(
      'a.pdf',
      textPdf([[['A card that is', 'lost is block-', 'ed at once.'], ['Call us.']], [['On page two.']]]),
    );
    expect(document).toMatchObject({ mediaType: 'application/pdf', pages: 2, title: undefined });
    expect(blocksOf(document)).toEqual([
      ['paragraph', 'A card that is lost is blocked at once.'],
      ['paragraph', 'Call us.'],
      ['paragraph', 'On page two.'],
    ]);
    expect(document.blocks.map(({ page }) => page)).toEqual([1, 1, 2]);
  });

  it('holds no text where its pages are pictures', async () => {
    const failure = read('a.pdf', pdfOfStreams([stream('0 0 100 100 re f')]));
    await expect(failure).rejects.toMatchObject({
      message: 'The document holds no text.',
      facts: { reason: 'no-text' },
    });
  });

  it('is read where everybody may, be it encrypted', async () => {
    expect(await read('a.pdf', blankPasswordPdf())).toMatchObject({ text: 'A fee of two euros.' });
  });

  it.each([
    ['90ms-RKSJ-H', 'Japan1', Uint8Array.of(0x8e, 0xe8, 0x90, 0x94)],
    ['UniGB-UCS2-H', 'GB1', Uint8Array.of(0x8f, 0x6c)],
    ['KSCms-UHC-H', 'Korea1', Uint8Array.of(0xbc, 0xdb)],
  ])('with text numbered by %s is refused, and says so', async (encoding, ordering, text) => {
    await expect(read('a.pdf', cjkPdf(encoding, ordering, text))).rejects.toMatchObject({
      message: expect.stringContaining(encoding),
      facts: { reason: 'characters' },
    });
  });

  it('is read as far as its pages are sound', async () => {
    const document = await read('a.pdf', pdfOfStreams([stream('junk ) ( ]'), stream('BT /F1 9 Tf (sound) Tj ET')]));
    expect(document).toMatchObject({ text: 'sound', pages: 2 });
  });
});

it('a document that a library was not made for is damaged, and a library that is not there is none', async () => {
  const bytes = new TextEncoder().encode('words');
  const parse = (): never => {
    throw new RangeError('Maximum call stack size exceeded');
  };
  const broken = { ...documentLibraries, markdown: async () => ({ parse }) };
  await expect(readBytes('a.md', bytes, broken)).rejects.toMatchObject({ facts: { reason: 'damaged' } });
  const missing = { ...documentLibraries, markdown: () => Promise.reject(new Error('not installed')) };
  await expect(readBytes('a.md', bytes, missing)).rejects.toThrow('not installed');
});

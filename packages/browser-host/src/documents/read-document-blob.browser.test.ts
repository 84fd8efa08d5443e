import { expect, it } from 'vitest';
import { readDocumentBlob } from './read-document-blob.js';

/** As pages get them. */
const scripts = { text: '/terrace/documents-worker.js', pdf: '/terrace/documents-pdf-worker.js' };
const read = (name: string, content: BlobPart, options = {}) =>
  readDocumentBlob(new File([content], name), { scripts, ...options });

/** One page of one line. */
const PDF = `%PDF-1.7
1 0 obj
<</Type/Catalog/Pages 2 0 R>>
endobj
2 0 obj
<</Type/Pages/Kids[3 0 R]/Count 1>>
endobj
3 0 obj
<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>
endobj
4 0 obj
<</Length 43>>
stream
BT /F1 10 Tf 40 700 Td (A lost card.) Tj ET
endstream
endobj
trailer
<</Size 5/Root 1 0 R>>
%%EOF`;

it('reads Markdown, HTML, text and PDF in a worker', async () => {
  expect(await read('a.md', '# Cards\n\n*Lost* one.')).toMatchObject({ title: 'Cards', text: 'Cards\n\nLost one.' });
  expect(await read('a.html', '<title>T</title><p>Lost<script>x</script>')).toMatchObject({ title: 'T', text: 'Lost' });
  expect(await read('a.txt', 'Lost.')).toMatchObject({ text: 'Lost.', mediaType: 'text/plain' });
  expect(await read('a.pdf', PDF)).toMatchObject({ text: 'A lost card.', pages: 1, mediaType: 'application/pdf' });
});

it('says why one cannot be read', async () => {
  await expect(read('a.pdf', 'no pdf')).rejects.toMatchObject({
    code: 'INVALID_DOCUMENT',
    facts: { reason: 'damaged' },
  });
  await expect(read('a.pdf', PDF.slice(0, 60))).rejects.toMatchObject({ facts: { reason: 'damaged' } });
  await expect(read('a.txt', '')).rejects.toMatchObject({ facts: { reason: 'no-text' } });
  const large = new Blob(Array.from({ length: 65 }, () => new Uint8Array(2 ** 20)));
  await expect(readDocumentBlob(large, { scripts })).rejects.toMatchObject({ facts: { reason: 'too-large' } });
  const gone = { text: '/no-such-worker.js', pdf: '/no-such-worker.js' };
  await expect(read('a.txt', 'x', { scripts: gone })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
});

it('refuses a PDF that inflates without end, and a page of too many elements, before they take the memory', async () => {
  const content = new Blob([new Uint8Array(40 * 2 ** 20)]).stream().pipeThrough(new CompressionStream('deflate'));
  const deflated = await new Response(content).blob();
  const [head, tail] = PDF.split(/<<\/Length 43>>\nstream\n[^\n]*/) as [string, string];
  const bomb = new Blob([head, `<</Length ${deflated.size}/Filter/FlateDecode>>\nstream\n`, deflated, tail]);
  const memory = { facts: { reason: 'too-much-memory' } };
  await expect(readDocumentBlob(bomb, { scripts, name: 'a.pdf' })).rejects.toMatchObject(memory);
  const elements = { facts: { reason: 'too-many-elements' } };
  await expect(read('a.html', '<!---->'.repeat(1_000_001))).rejects.toMatchObject(elements);
});

it('ends a worker that takes too long, or that nobody waits for', async () => {
  const deep = '<div>'.repeat(300_000);
  await expect(read('a.html', deep, { limitMs: 30 })).rejects.toMatchObject({ facts: { reason: 'too-slow' } });
  const abort = new AbortController();
  const reading = read('a.html', deep, { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
});

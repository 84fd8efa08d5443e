import { deflateSync } from 'node:zlib';

/** A PDF of these objects, the first of which is its catalog. @param trailer further entries, such as `/Encrypt` */
function makePdf(objects: readonly (string | Uint8Array)[], trailer = ''): Uint8Array {
  const parts: Buffer[] = [];
  let length = 0;
  const push = (part: string | Uint8Array): void => {
    const bytes = Buffer.from(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
    parts.push(bytes);
    length += bytes.length;
  };
  push('%PDF-1.7\n');
  const offsets = objects.map((object, index) => {
    const offset = length;
    push(`${index + 1} 0 obj\n`);
    push(object);
    push('\nendobj\n');
    return offset;
  });
  const table = length;
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  push(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}`);
  push(`trailer\n<</Size ${objects.length + 1}/Root 1 0 R${trailer}>>\nstartxref\n${table}\n%%EOF`);
  return Uint8Array.from(Buffer.concat(parts));
}

export const stream = (content: Uint8Array | string, filter = ''): Buffer => {
  const bytes = Buffer.from(content);
  const head = `<</Length ${bytes.length}${filter && `/Filter ${filter}`}>>\nstream\n`;
  return Buffer.concat([Buffer.from(head), bytes, Buffer.from('\nendstream')]);
};

const page = (contents: number): string =>
  `<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents ${contents} 0 R/Resources<</Font<</F1<<` +
  '/Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>';

/** Each page with these drawing instructions. */
export function pdfOfStreams(streams: readonly Buffer[], trailer = ''): Uint8Array {
  const kids = streams.map((_, index) => `${3 + 2 * index} 0 R`).join(' ');
  const pages = streams.flatMap((content, index) => [page(4 + 2 * index), content]);
  const catalog = '<</Type/Catalog/Pages 2 0 R>>';
  return makePdf([catalog, `<</Type/Pages/Kids[${kids}]/Count ${streams.length}>>`, ...pages], trailer);
}

/** Pages of paragraphs of lines. */
export const textPdf = (pages: readonly (readonly (readonly string[])[])[], trailer = ''): Uint8Array =>
  pdfOfStreams(
    pages.map((paragraphs) => {
      let top = 780;
      const drawn = paragraphs.flatMap((lines) => {
        top -= 20;
        return lines.map((line) => `BT /F1 10 Tf 40 ${(top -= 12)} Td (${line}) Tj ET`);
      });
      return stream(drawn.join('\n'));
    }),
    trailer,
  );

/** A few kilobytes that inflate to so many bytes of text, twice deflated. */
export function bombPdf(bytes: number): Uint8Array {
  const once = Buffer.alloc(bytes, 'BT /F1 10 Tf 10 10 Td (boom boom boom boom) Tj ET\n');
  return pdfOfStreams([stream(deflateSync(deflateSync(once)), '[/FlateDecode/FlateDecode]')]);
}

/** Each form draws the next one three times, the last one a word. */
export function nestedFormsPdf(depth: number): Uint8Array {
  const form = (next: number, drawn: string): string =>
    `<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X ${next} 0 R>>/Font<</F1<<` +
    `/Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>/Length ${drawn.length}>>\nstream\n${drawn}\nendstream`;
  const forms = Array.from({ length: depth }, (_, at) =>
    form(6 + at, at === depth - 1 ? 'BT /F1 9 Tf (x) Tj ET' : '/X Do /X Do /X Do'),
  );
  return makePdf([
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    page(4).replace('/Font<<', '/XObject<</X 5 0 R>>/Font<<'),
    stream('/X Do'),
    ...forms,
  ]);
}

const garbage = `<${'ab'.repeat(32)}>`;
/** One that nobody has the password of. */
export const encryptedPdf = (): Uint8Array =>
  textPdf([[['secret']]], `/Encrypt<</Filter/Standard/V 1/R 2/O ${garbage}/U ${garbage}/P -4>>/ID[<aa><aa>]`);

/** Text in a font that is not embedded and has no map to Unicode of its own: its characters are numbered by `encoding`. */
export function cjkPdf(encoding: string, ordering: string, text: Uint8Array): Uint8Array {
  const drawn = `BT /F1 14 Tf 72 700 Td <${Buffer.from(text).toString('hex')}> Tj ET`;
  const info = `/CIDSystemInfo<</Registry(Adobe)/Ordering(${ordering})/Supplement 2>>`;
  return makePdf([
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    page(4).replace(
      '/Subtype/Type1/BaseFont/Helvetica',
      `/Subtype/Type0/BaseFont/X/Encoding/${encoding}/DescendantFonts[5 0 R]`,
    ),
    stream(drawn),
    `<</Type/Font/Subtype/CIDFontType0/BaseFont/X${info}/DW 1000/FontDescriptor 6 0 R>>`,
    '<</Type/FontDescriptor/FontName/X/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 800/Descent -200/StemV 80>>',
  ]);
}

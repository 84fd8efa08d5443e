/** What PDF.js is opened with: nothing is drawn, so no font is looked for, and what it has to say is said as an error. */
export interface PdfOptions {
  readonly useSystemFonts: false;
  readonly verbosity: 0;
  readonly useWorkerFetch: false;
  readonly BinaryDataFactory: new () => { fetch(file: AskedFile): Promise<Uint8Array> };
}

/** One of the files that come with PDF.js beside its code, none of which is here. */
interface AskedFile {
  readonly kind: string;
  readonly filename: string;
}

/** @param onCharacterMap told which map of characters is missing: the text of its font is not read */
export const pdfOptions = (onCharacterMap: (name: string) => void): PdfOptions => ({
  useSystemFonts: false,
  verbosity: 0,
  useWorkerFetch: false,
  BinaryDataFactory: class {
    async fetch({ kind, filename }: AskedFile): Promise<Uint8Array> {
      if (kind === 'cMapUrl') onCharacterMap(filename.replace(/\.bcmap$/, ''));
      throw new Error(`${filename} is not here`);
    }
  },
});

import { definePDFJSModule, getDocumentProxy } from 'unpdf';
import * as pdfjs from 'unpdf/pdfjs';
import { answerDocuments, elsewhere } from './answer-documents.js';

answerDocuments({
  html: elsewhere,
  markdown: elsewhere,
  async pdf() {
    await definePDFJSModule(async () => pdfjs);
    // Nothing is drawn, so no font is looked for; what PDF.js has to say about a damaged file is said as an error.
    return { open: (bytes) => getDocumentProxy(bytes, { useSystemFonts: false, verbosity: 0 }) };
  },
});

import { definePDFJSModule, getDocumentProxy } from 'unpdf';
import * as pdfjs from 'unpdf/pdfjs';
import { answerDocuments, elsewhere } from './answer-documents.js';

answerDocuments({
  html: elsewhere,
  markdown: elsewhere,
  async pdf() {
    await definePDFJSModule(async () => pdfjs);
    return { open: (bytes, options) => getDocumentProxy(bytes, options) };
  },
});

import MarkdownIt from 'markdown-it';
import { parse } from 'parse5';
import { answerDocuments, elsewhere } from './answer-documents.js';

answerDocuments({
  // What a page shows to those without scripts is what a reader of it sees.
  html: async () => ({ parse: (html) => parse(html, { scriptingEnabled: false }) }),
  markdown: async () => new MarkdownIt({ html: false }),
  pdf: elsewhere,
});

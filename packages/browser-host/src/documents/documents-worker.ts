import { boundedTree } from '@terrace/core/documents';
import MarkdownIt from 'markdown-it';
import { defaultTreeAdapter, parse } from 'parse5';
import { answerDocuments, elsewhere } from './answer-documents.js';

answerDocuments({
  // What a page shows to those without scripts is what a reader of it sees.
  html: async () => ({
    parse: (html) => parse(html, { scriptingEnabled: false, treeAdapter: boundedTree(defaultTreeAdapter) }),
  }),
  markdown: async () => new MarkdownIt({ html: false }),
  pdf: elsewhere,
});

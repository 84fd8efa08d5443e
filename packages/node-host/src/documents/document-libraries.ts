import { boundedTree, type DocumentLibraries } from '@terrace/core/documents';

/** The libraries of this host, each loaded for the first document that needs it. */
export const documentLibraries: DocumentLibraries = {
  async html() {
    const { defaultTreeAdapter, parse } = await import('parse5');
    // What a page shows to those without scripts is what a reader of it sees.
    return {
      parse: (html) => parse(html, { scriptingEnabled: false, treeAdapter: boundedTree(defaultTreeAdapter) }),
    };
  },
  async markdown() {
    const { default: MarkdownIt } = await import('markdown-it');
    return new MarkdownIt({ html: false });
  },
  async pdf() {
    const { getDocumentProxy } = await import('unpdf');
    return { open: (bytes, options) => getDocumentProxy(bytes, options) };
  },
};

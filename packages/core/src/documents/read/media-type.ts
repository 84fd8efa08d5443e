import type { DocumentRecord } from '../../ports/document-store.js';
import { unreadable } from './unreadable.js';

export type DocumentMediaType = DocumentRecord['mediaType'];

const BY_ENDING: Readonly<Record<string, DocumentMediaType>> = {
  txt: 'text/plain',
  text: 'text/plain',
  md: 'text/markdown',
  markdown: 'text/markdown',
  html: 'text/html',
  htm: 'text/html',
  xhtml: 'text/html',
  pdf: 'application/pdf',
};

/** What a file is by its name; undefined where that says nothing. */
export const mediaTypeOfName = (name: string): DocumentMediaType | undefined =>
  BY_ENDING[/\.(\w{1,16})$/.exec(name)?.[1]?.toLowerCase() ?? ''];

/** Where PDF.js looks for the mark of a PDF. */
const MARK_WITHIN = 1024;

/**
 * What a document is: a PDF by its mark, others by their name, and by what they begin with where the name says nothing.
 * @throws InvalidDocumentError for one that is called a PDF and is none
 */
export function mediaTypeOf(name: string, bytes: Uint8Array): DocumentMediaType {
  const head = new TextDecoder('windows-1252').decode(bytes.subarray(0, MARK_WITHIN));
  const named = mediaTypeOfName(name);
  if (named === 'application/pdf' ? head.includes('%PDF-') : head.startsWith('%PDF-')) return 'application/pdf';
  if (named === 'application/pdf') throw unreadable('damaged');
  return named ?? (/^\s{0,99}<(!doctype\s+html|html)[\s>]/i.test(head) ? 'text/html' : 'text/plain');
}

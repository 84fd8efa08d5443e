import type { ReadDocument } from '../read-document.js';
import { decodeText } from './decode-text.js';
import { DocumentText } from './document-text.js';

/** Plain text: an empty line ends a paragraph. @throws InvalidDocumentError */
export function readPlain(bytes: Uint8Array): ReadDocument {
  const document = new DocumentText();
  const text = decodeText(bytes).replaceAll(/\r\n?|\f/g, '\n');
  // Not line by line: 60 MB of line feeds are a gigabyte of lines.
  for (const paragraph of text.split(/\n\s*\n/)) document.add('paragraph', paragraph);
  return document.read();
}

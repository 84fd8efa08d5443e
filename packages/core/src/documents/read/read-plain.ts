import type { ReadDocument } from '../read-document.js';
import { decodeText } from './decode-text.js';
import { DocumentText } from './document-text.js';

/** Plain text: an empty line ends a paragraph. @throws InvalidDocumentError */
export function readPlain(bytes: Uint8Array): ReadDocument {
  const document = new DocumentText();
  let paragraph: string[] = [];
  const end = (): void => {
    document.add('paragraph', paragraph.join('\n'));
    paragraph = [];
  };
  for (const line of decodeText(bytes).split(/\r\n?|[\n\f]/)) {
    if (line.trim() === '') end();
    else paragraph.push(line);
  }
  end();
  return document.read();
}

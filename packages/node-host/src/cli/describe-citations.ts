import type { Citation } from '@terrace/core/documents';
import { terminalText } from './terminal-text.js';

/** The passages that an answer was given, a line each. */
export function describeCitations(citations: readonly Citation[]): string {
  if (citations.length === 0) {
    return 'no passage of the documents was given: none says enough of it (`terrace documents search` shows their scores)';
  }
  return citations
    .map(({ marker, title, page, start, end, cited }) => {
      const place = page === undefined ? `characters ${start} to ${end}` : `page ${page}`;
      return terminalText(`${marker} ${title}, ${place}${cited ? '' : ' (not cited)'}`);
    })
    .join('\n');
}

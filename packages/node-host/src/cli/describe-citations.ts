import type { Uncited } from '@terrace/core/documents';
import type { TextResult } from '@terrace/core/text';
import { terminalText } from './terminal-text.js';

const WHY: Readonly<Record<Exclude<Uncited, 'not-cited'>, string>> = {
  'no-question': 'nothing was asked that could be looked for',
  'no-documents': 'the collection has no documents (`terrace documents list` shows what is there)',
  'nothing-found': 'none has a word of the question, and not all are embedded by an encoder that fits this device now',
  'below-floor': 'none says enough of it (`terrace documents search` shows their scores)',
  'no-room': 'not even a part of the best one fits what documents may add to the chat',
};

/** The passages that an answer was given, a line each, or why there are none. */
export function describeCitations({ citations = [], uncited }: Pick<TextResult, 'citations' | 'uncited'>): string {
  if (uncited !== undefined && uncited !== 'not-cited') return `no passage of the documents was given: ${WHY[uncited]}`;
  return citations
    .map(({ marker, title, page, start, end, cited }) => {
      const place = page === undefined ? `characters ${start} to ${end}` : `page ${page}`;
      return terminalText(`${marker} ${title}, ${place}${cited ? '' : ' (not cited)'}`);
    })
    .join('\n');
}

import { EXIT } from '../exit-code.js';
import { print, printJson, table, warn } from '../output.js';
import { terminalText } from '../terminal-text.js';
import { collectionOf, noneIn, type CollectionFlags } from './documents-flags.js';
import { withDocumentStore } from './documents-store.js';

const NONE = 'there are no documents: `terrace documents add PATH` adds some';

/** `terrace documents list`: without their texts. */
export async function listDocuments(flags: CollectionFlags): Promise<number> {
  const collection = collectionOf(flags, undefined);
  return withDocumentStore(flags, async (store) => {
    const documents = await store.list(collection);
    if (flags.json) printJson({ documents });
    else if (documents.length === 0) warn(collection === undefined ? NONE : noneIn(collection));
    else
      print(
        table([
          ['id', 'collection', 'passages', 'title', 'source'],
          ...documents.map((each) => [
            each.documentId.slice(0, 12),
            each.collection,
            String(each.chunks),
            oneLine(each.title, 40),
            terminalText(each.source),
          ]),
        ]),
      );
    return EXIT.answered;
  });
}

function oneLine(text: string, length: number): string {
  const line = terminalText(text).replaceAll(/\s+/g, ' ');
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

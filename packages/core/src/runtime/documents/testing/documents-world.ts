import { wordsOf } from '../../../documents/bm25/words.js';
import type { DocumentBlock, ReadDocument } from '../../../documents/read-document.js';
import { NoTierFitsError } from '../../../errors/no-tier-fits-error.js';
import type { DocumentStore } from '../../../ports/document-store.js';
import type { StartHash } from '../../../ports/running-hash.js';
import { createFakeClock } from '../../../testing/fake-clock.js';
import { createMemoryDocumentStore } from '../../../testing/memory-document-store.js';
import { createVectorIndex } from '../../../vectors/create-vector-index.js';
import type { Embed } from '../../embed/embed.js';
import { createDocuments, type DocumentsPorts } from '../create-documents.js';

/** Enough that few words share one. */
const DIMENSIONS = 1021;

/** FNV-1a, as long as a sha256: enough to tell the texts of tests apart. */
export const startFakeHash: StartHash = () => {
  let state = 2_166_136_261;
  return {
    update(bytes) {
      for (const byte of bytes) state = Math.imul(state ^ byte, 16_777_619);
    },
    digest: () =>
      Array.from({ length: 8 }, (_, i) => (Math.imul(state, 2 * i + 1) >>> 0).toString(16).padStart(8, '0')).join(''),
  };
};

/** An encoder for which texts mean their words, in a space that its name chooses. */
function vectorOf(text: string, encoder: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  vector[0] = 0.01;
  for (const word of wordsOf(text)) {
    const hash = startFakeHash();
    hash.update(new TextEncoder().encode(encoder + word));
    vector[Number.parseInt(hash.digest().slice(0, 8), 16) % DIMENSIONS]! += 1;
  }
  return vector;
}

interface FakeEmbed {
  readonly embed: Embed;
  /** Its name; undefined where no encoder is on the device; an error where it is broken. */
  encoder: string | Error | undefined;
  /** Texts of each call. */
  readonly calls: string[][];
  /** Called before each. */
  before: (() => void) | undefined;
}

function createFakeEmbed(encoder: FakeEmbed['encoder'] = 'one'): FakeEmbed {
  const fake: FakeEmbed = {
    encoder,
    calls: [],
    before: undefined,
    async embed(texts, { signal } = {}) {
      fake.before?.();
      signal?.throwIfAborted();
      const now = fake.encoder;
      if (now instanceof Error) throw now;
      if (now === undefined) throw new NoTierFitsError({ message: 'No encoder is here.', hint: 'Get one.' });
      fake.calls.push([...texts]);
      return { encoder: now, vectors: texts.map((text) => vectorOf(text, now)) };
    },
  };
  return fake;
}

/** Documents in memory, and all that they are made of. */
export function documentsWorld({ store = createMemoryDocumentStore() }: { readonly store?: DocumentStore } = {}) {
  const fake = createFakeEmbed();
  const clock = createFakeClock();
  const failures: unknown[] = [];
  const ports: DocumentsPorts = {
    store,
    embed: fake.embed,
    createIndex: createVectorIndex,
    clock,
    startHash: startFakeHash,
    onFailure: (error) => failures.push(error),
  };
  return { store, fake, clock, failures, ports, documents: createDocuments(ports) };
}

/** A document to add: headings begin with `#`, all else are paragraphs. */
export function documentToAdd(paragraphs: readonly string[], source = '/notes/cards.md', collection = 'default') {
  let text = '';
  const blocks = paragraphs.map((paragraph): DocumentBlock => {
    const start = text.length;
    const isHeading = paragraph.startsWith('#');
    text += `${paragraph}\n\n`;
    return {
      kind: isHeading ? 'heading' : 'paragraph',
      level: isHeading ? 1 : undefined,
      page: undefined,
      start: isHeading ? start + 1 : start,
      end: start + paragraph.length,
    };
  });
  const document: ReadDocument = { title: undefined, text, blocks, pages: undefined };
  return { ...document, collection, source, mediaType: 'text/plain' as const };
}

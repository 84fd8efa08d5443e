import type { Clock, Runtime, TextFace } from '@terrace/core';
import type { DocumentsFace } from '@terrace/core/documents';
import type { TextRequestInput } from '@terrace/core/text';
import { startHash } from '../store/files/start-hash.js';
import { workingClock } from '../system-clock.js';
import { whenAsked } from '../when-asked.js';
import { documentsFile } from './documents-file.js';
import { createLazyDocuments } from './lazy-documents.js';

type Chat = Pick<TextRequestInput, 'messages' | 'tools'>;

/**
 * Documents of the state folder around a runtime. A process that never asks for any loads nothing of them.
 * @param models embeds and counts; `runtime` answers
 */
export function openNodeDocuments<R extends Pick<Runtime & TextFace, 'run' | 'stream' | 'close'>>(
  runtime: R,
  models: Runtime & TextFace,
  {
    home,
    clock,
    onFailure,
  }: {
    readonly home: string;
    readonly clock: Clock;
    readonly onFailure?: ((error: unknown) => void) | undefined;
  },
): R & DocumentsFace {
  const asked = whenAsked(runtime, 'documents', async () => {
    const [{ createEmbed, withDocuments }, { createVectorIndex }] = await Promise.all([
      import('@terrace/core/documents'),
      import('@terrace/core/vectors'),
    ]);
    return withDocuments(runtime, {
      store: createLazyDocuments({ file: documentsFile(home), clock, onWarning: (warning) => onFailure?.(warning) }),
      embed: createEmbed(models),
      createIndex: createVectorIndex,
      clock: workingClock,
      startHash,
      count: (chat, signal) =>
        models.count({ task: 'text-generation', ...(structuredClone(chat) as Chat) }, signal ? { signal } : {}),
      ...(onFailure && { onFailure }),
    });
  });
  const documents = async (): Promise<DocumentsFace['documents']> => (await asked.opened()).documents;
  return {
    ...asked.runtime,
    documents: {
      add: async (...what) => (await documents()).add(...what),
      list: async (...what) => (await documents()).list(...what),
      search: async (...what) => (await documents()).search(...what),
      remove: async (...what) => (await documents()).remove(...what),
    } satisfies DocumentsFace['documents'],
  };
}

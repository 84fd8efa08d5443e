import type { Clock, Runtime, TextFace } from '@terrace/core';
import type { Documents, DocumentsFace } from '@terrace/core/documents';
import type { TextRequestInput } from '@terrace/core/text';
import { startHash } from '../store/files/start-hash.js';
import { documentsFile } from './documents-file.js';
import { createLazyDocuments } from './lazy-documents.js';

type Chat = Pick<TextRequestInput, 'messages' | 'tools'>;

interface DocumentsOptions {
  readonly home: string;
  readonly clock: Clock;
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/**
 * Documents of the state folder around a runtime. A process that never asks for any loads nothing of them.
 * @param models embeds and counts; `runtime` answers
 */
export function openNodeDocuments<R extends Pick<Runtime & TextFace, 'run' | 'stream' | 'close'>>(
  runtime: R,
  models: Runtime & TextFace,
  { home, clock, onFailure }: DocumentsOptions,
): R & DocumentsFace {
  let opening: Promise<R & DocumentsFace> | undefined;

  const open = async (): Promise<R & DocumentsFace> => {
    const [{ createEmbed, withDocuments }, { createVectorIndex }] = await Promise.all([
      import('@terrace/core/documents'),
      import('@terrace/core/vectors'),
    ]);
    return withDocuments(runtime, {
      store: createLazyDocuments({ file: documentsFile(home), clock, onWarning: (warning) => onFailure?.(warning) }),
      embed: createEmbed(models),
      createIndex: createVectorIndex,
      clock,
      startHash,
      count: (chat, signal) =>
        models.count({ task: 'text-generation', ...(structuredClone(chat) as Chat) }, { signal }),
      ...(onFailure && { onFailure }),
    });
  };
  const opened = (): Promise<R & DocumentsFace> =>
    (opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));

  const documents: Documents = {
    add: async (...asked) => (await opened()).documents.add(...asked),
    list: async (...asked) => (await opened()).documents.list(...asked),
    search: async (...asked) => (await opened()).documents.search(...asked),
    remove: async (...asked) => (await opened()).documents.remove(...asked),
  };
  const run = runtime.run as (input: unknown, options: unknown) => Promise<unknown>;
  const stream = runtime.stream as (input: unknown, options: unknown) => AsyncGenerator<unknown, unknown>;
  return {
    ...runtime,
    documents,
    run: async (input: unknown, options: never) =>
      isAsking(input) ? (await opened()).run(input as never, options) : run(input, options),
    stream: (input: unknown, options: never) =>
      isAsking(input) ? informed(opened(), input as never, options) : stream(input, options),
    async close() {
      const whole = await opening?.catch(() => undefined);
      await (whole ?? runtime).close();
    },
  } as unknown as R & DocumentsFace;
}

async function* informed(opened: Promise<DocumentsFace>, input: never, options: never) {
  return yield* (await opened).stream(input, options);
}

const isAsking = (input: unknown): boolean => typeof input === 'object' && input !== null && 'documents' in input;
